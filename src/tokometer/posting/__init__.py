"""Sending messages to chats, mailboxes and webhooks with Apprise, each by a process of its own.

`services` are the addresses that are taken and how they are shown without their secrets, `post` starts the process and
waits for it, `sending` is the process. Knows nothing of alerts. May import `records` and `host`; imported by `alerting`
and `server`.
"""
