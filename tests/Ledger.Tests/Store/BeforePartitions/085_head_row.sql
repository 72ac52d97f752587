-- The row itself; after a restore of the events alone it starts where they end.
insert into ledger.head (position)
select coalesce(max(seq_id), 0) from ledger.mt_events
on conflict do nothing;
