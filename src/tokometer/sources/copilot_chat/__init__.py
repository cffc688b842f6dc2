"""GitHub Copilot in Visual Studio Code and its relatives: the chats that the editor keeps, one file each.

A chat is a log of corrections: what it was, and what was set, added and taken away since. Format: VS Code's
`chatSessionOperationLog`, and the documents that chats were before; which numbers in it are tokens, as tokscale reads
them.
"""
