"""A mail server for tests and demos: aiosmtpd, which asks for TLS (STARTTLS) and a password before it takes anything.

Usage: mail-server.py FOLDER PORT tls|plain USER PASSWORD

FOLDER holds certificate.pem and key.pem. Each mail that it takes becomes a file mail-0001, mail-0002, … there, as JSON; the file `mode` says what it answers to the
next mails instead (`550 No`; `hang`: it takes them and never says so), and `ready` that it answers.
"""
import asyncio, json, os, ssl, sys
from email import message_from_bytes
from email.policy import default
from aiosmtpd.smtp import SMTP, AuthResult
folder, port, tls, user, password = sys.argv[1:6]
count = 0
class Handler:
  async def handle_DATA(self, server, session, envelope):
    global count
    mode = open(folder + "/mode").read() if os.path.exists(folder + "/mode") else ""
    if mode and mode != "hang": return mode
    count += 1
    mail = message_from_bytes(envelope.content, policy=default)
    with open(folder + "/new", "w") as out:
      json.dump({"from": envelope.mail_from, "to": envelope.rcpt_tos, "subject": mail["subject"], "id": mail["message-id"], "date": str(mail["date"]),
        "text": mail.get_content(), "raw": envelope.content.decode("ascii")}, out)
    os.rename(folder + "/new", folder + "/mail-%04d" % count)
    if mode == "hang": await asyncio.sleep(3600)
    return "250 OK"
def authenticate(server, session, envelope, mechanism, data):
  return AuthResult(success=data.login == user.encode() and data.password == password.encode(), handled=False)
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(folder + "/certificate.pem", folder + "/key.pem")
def factory():
  if tls == "plain": return SMTP(Handler())
  return SMTP(Handler(), tls_context=context, require_starttls=True, authenticator=authenticate, auth_required=True)
async def main():
  server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", int(port))
  open(folder + "/ready", "w").close()
  await server.serve_forever()
asyncio.run(main())
