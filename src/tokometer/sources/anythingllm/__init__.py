"""AnythingLLM: its database of workspaces' chats, documents and events.

Schema: `server/prisma/schema.prisma` of Mintplex-Labs/anything-llm.
"""
