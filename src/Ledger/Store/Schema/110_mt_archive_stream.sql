-- Moves one stream to the archived partitions, under the name and with the parameters of Marten's own function, for an application
-- built on Marten that shares the database.
create or replace function ledger.mt_archive_stream(streamid uuid, tenantid varchar) returns void
language plpgsql
as $$
begin
  perform from ledger.head h where h.only_one for update;
  update ledger.mt_streams set is_archived = true where tenant_id = tenantid and id = streamid and not is_archived;
  update ledger.mt_events set is_archived = true where tenant_id = tenantid and stream_id = streamid and not is_archived;
end
$$;
