"""iFlow CLI: transcripts of its sessions."""
