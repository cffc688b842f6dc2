"""Gemini CLI: the chats that it records, line by line today and as one JSON document before.

Formats: `ChatRecordingService` of google-gemini/gemini-cli, 0.1 to 0.56.
"""
