-- What has become due since a position: whoever sends alerts follows this.
create index if not exists alerts_due on alerts (settled_position) where state = 'due';
