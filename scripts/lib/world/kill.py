"""Kills a run at a moment of its own course, so that a busy machine changes nothing: DELAY milliseconds after the journal has RECORDS records.

Usage: kill.py RUNS-FOLDER KNOWN-RUN RECORDS DELAY PID     (KNOWN-RUN: the one that was there before)
"""
import os, signal, sys, time

folder, known, records, delay, pid = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])


def journal():
    new = [name for name in os.listdir(folder) if name != known]
    try: return open("%s/%s/journal.jsonl" % (folder, new[0])).read().count("\n") if new else 0
    except OSError: return 0


def lives():
    try: return open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError: return False


while lives() and journal() < records: time.sleep(0.005)
time.sleep(delay / 1000)
if lives(): os.kill(pid, signal.SIGKILL)
while lives(): time.sleep(0.005)
