-- Everything of the ledger lives in one schema.
create schema if not exists ledger;
