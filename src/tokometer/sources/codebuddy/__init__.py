"""CodeBuddy Code and WorkBuddy, Tencent's agents: transcripts of their sessions."""
