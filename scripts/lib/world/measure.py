"""What a recovery cost those who use SIE, from their own logs, beside what lint had computed.

Usage: measure.py WRITER-LOG READER-LOG KEPT-KEYS STRUCK DIED ENDED COMPUTED-RPO GUARANTEED-RTO     (times in milliseconds; exits with 1 where more was lost than computed)
"""
import sys

writer, reader, kept = ([line.split() for line in open(path)] for path in sys.argv[1:4])
struck, died, ended, rpo, rto = (int(word) / 1000 for word in sys.argv[4:9])
kept = {line[0] for line in kept}
accepted = [(float(asked), float(answered), key) for asked, answered, key, _ in writer if key != "failed"]
before = [entry for entry in accepted if entry[1] <= died]
lost = [entry for entry in accepted if entry[2] not in kept]
good = next((entry for entry in accepted if entry[0] > died and entry[2] in kept), None)
failed = lambda log: sum(1 for asked, _, what, _ in log if what == "failed" and float(asked) >= struck)
if not before: sys.exit("the writer had written nothing")
if good is None: sys.exit("the writer was never served again")
# From the oldest write that is lost, though it had been acknowledged, until the last process had died; the time, from the first one on.
loss = max((died - answered for _, answered, _ in lost), default=0.0)
time = max(good[1], ended) - struck
print(f"  {len(accepted)} writes acknowledged, {len(lost)} of them lost; {failed(writer)} writes and {failed(reader)} reads failed meanwhile")
print(f"  first good write       {good[1] - struck:6.1f} s after the disaster; the run ended after {ended - struck:.1f} s")
print(f"  lost data (RPO)        computed   {rpo:6.1f} s   measured {loss:6.1f} s")
print(f"  time to recover (RTO)  guaranteed {rto:6.1f} s   measured {time:6.1f} s")
print(f"{loss:.2f} {rpo:.2f} {time:.2f} {rto:.2f} {good[1] - struck:.2f} {len(lost)} {failed(writer)} {failed(reader)}", file=open("rounds", "a"))
if loss > rpo: sys.exit("more was lost than computed")
if time > rto: sys.exit("it took longer than guaranteed")
