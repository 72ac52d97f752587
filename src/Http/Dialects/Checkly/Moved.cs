// The dialect moves to Ledger.Http.Checkly. Until all of it has, what has not finds what has, under the old names.
global using Ledger.Http.Checkly;

namespace Ledger.Http.Dialects.Checkly.Results
{
}

namespace Ledger.Http.Dialects.Checkly.Scheduling
{
}

namespace Ledger.Http.Dialects.Checkly.Scheduling.Runs
{
}
