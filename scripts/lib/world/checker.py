"""Knocks at two PostgreSQL servers again and again, and sees which of them takes writes: never must both.

Usage: checker.py EAST-URL WEST-URL > LOG      checker.py LOG      the second way prints the primaries in turn, of what the first has written

What it writes is a table that it rolls back, so it leaves nothing.
"""
import sys, time
import psycopg2


def takes_writes(url):
    try: connection = psycopg2.connect(url, connect_timeout=1, options="-c statement_timeout=1000 -c lock_timeout=1000")
    except psycopg2.Error: return False
    try:
        with connection.cursor() as cursor: cursor.execute("create table knocked (n int); insert into knocked values (1)")
        return True
    except psycopg2.Error: return False
    finally:
        try: connection.rollback()
        except psycopg2.Error: pass
        connection.close()


if len(sys.argv) == 2:
    turns = []
    for line in open(sys.argv[1]):
        # The client library tells of ended sessions there too. All else counts, so that a checker that died is not taken for one that saw nothing.
        if line.startswith("FATAL:"): continue
        name = (line.split() + ["", "nothing"])[1]
        if not turns or turns[-1] != name: turns.append(name)
    print(" ".join(turns))
else:
    while True:
        for name, url in zip(["east", "west"], sys.argv[1:]):
            if takes_writes(url): print("%.3f %s" % (time.time(), name), flush=True)
        time.sleep(0.02)
