-- The sessions whose results a subscriber of a suite waits for (wire.md 4.4).
create index if not exists session_list_by_suite on ledger.session_list (account_id, (metadata ->> 'checkRunSuiteId'))
  where metadata ->> 'checkRunSuiteId' is not null;
