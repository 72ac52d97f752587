-- Test sessions by the text in them (docs/projections.md#text-search). Whole numbers in place of an operator class for texts: those are an
-- extension, which not every server has.
create index if not exists session_list_by_trigram on session_list using gin (trigrams) where trigrams is not null;
