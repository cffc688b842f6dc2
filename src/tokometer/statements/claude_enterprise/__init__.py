"""Claude Enterprise: seats, what people do, and what is used and charged beyond them."""
