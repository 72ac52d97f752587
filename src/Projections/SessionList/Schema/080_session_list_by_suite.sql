-- The sessions whose results a subscriber of a suite waits for (docs/dialects/checkly-cli.md#live-results). By hash, which holds a text of
-- any length: callers may put whatever they like into metadata, and no event may be too large for the projection.
create index if not exists session_list_of_suite on session_list using hash ((metadata ->> 'checkRunSuiteId'))
  where metadata ->> 'checkRunSuiteId' is not null;
