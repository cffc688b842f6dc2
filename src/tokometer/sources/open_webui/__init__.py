"""Open WebUI: its database of chats, ratings and knowledge, whether messages stand in the chat or in their own table.

Schema: `backend/open_webui/models` of open-webui/open-webui.
"""
