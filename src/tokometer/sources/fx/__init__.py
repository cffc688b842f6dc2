"""fx: what it adds up of its sessions, as tokscale reads it and vercel-labs/fx writes it."""
