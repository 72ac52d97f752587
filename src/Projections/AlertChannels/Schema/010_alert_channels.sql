-- Where alerts are sent, of all accounts, as those that send see it: a view of the documents.
create or replace view ledger.alert_channels as
select
  id as number,
  tenant_id::uuid as account_id,
  data ->> 'id' as id,
  data -> 'target' ->> 'url' as url,
  substring(data -> 'target' ->> 'url' from '^[a-z]+://([^/?#]+)') as host, -- the receiver: who sends shares its attention between receivers
  data -> 'target' -> 'events' as events,
  data -> 'target' -> 'checkIds' as check_ids, -- every check when null
  (data ->> 'activeAfter')::bigint as active_after,
  (data ->> 'disabledAt')::timestamptz as disabled_at,
  data -> 'secrets' as secrets, -- the current one first
  mt_deleted as is_deleted
from ledger.mt_doc_alertchannel;
