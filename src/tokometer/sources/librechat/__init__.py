"""LibreChat: the transactions that it books, as mongoexport writes them.

Schema: `packages/data-schemas/src/schema/transaction.ts` of danny-avila/LibreChat.
"""
