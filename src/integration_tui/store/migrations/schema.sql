-- What makes a new store, as the migrations make it. Written by scripts/schema.
CREATE TABLE alembic_version (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE integrations (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  provider TEXT NOT NULL,
  title TEXT NOT NULL,
  environment TEXT NOT NULL,
  enabled BOOLEAN NOT NULL,
  intent TEXT NOT NULL,
  status TEXT NOT NULL,
  config_version INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  changed_at DATETIME NOT NULL,
  trouble TEXT,
  problem TEXT DEFAULT '' NOT NULL,
  advice TEXT DEFAULT '' NOT NULL,
  attempts INTEGER DEFAULT '0' NOT NULL,
  next_attempt_at DATETIME,
  source_path TEXT DEFAULT '' NOT NULL,
  source_checksum TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_integrations PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_integrations_intent CHECK (intent IN ('run', 'stop')),
  CONSTRAINT ck_integrations_status CHECK (status IN ('inactive', 'connecting', 'active', 'degraded', 'error', 'disabled')),
  CONSTRAINT ck_integrations_trouble CHECK (trouble IN ('credentials', 'not_ready', 'configuration'))
) WITHOUT ROWID;
CREATE TABLE integration_revisions (
  tenant_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  CONSTRAINT pk_integration_revisions PRIMARY KEY (tenant_id)
);
CREATE TABLE integration_audit_logs (
  tenant_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at DATETIME NOT NULL,
  action TEXT NOT NULL,
  actor TEXT NOT NULL,
  object TEXT NOT NULL,
  outcome TEXT NOT NULL,
  body BLOB NOT NULL,
  hash TEXT NOT NULL,
  CONSTRAINT pk_integration_audit_logs PRIMARY KEY (tenant_id, seq),
  CONSTRAINT ck_integration_audit_logs_outcome CHECK (outcome IN ('done', 'refused', 'failed'))
) WITHOUT ROWID;
CREATE INDEX ix_integration_audit_logs_action ON integration_audit_logs (tenant_id, action, seq);
CREATE INDEX ix_integration_audit_logs_actor ON integration_audit_logs (tenant_id, actor, seq);
CREATE INDEX ix_integration_audit_logs_at ON integration_audit_logs (tenant_id, at, seq);
CREATE INDEX ix_integration_audit_logs_object ON integration_audit_logs (tenant_id, object, seq);
CREATE INDEX ix_integration_audit_logs_outcome ON integration_audit_logs (tenant_id, outcome, seq);
CREATE TABLE integration_configurations (
  tenant_id TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  environment TEXT NOT NULL,
  format TEXT NOT NULL,
  body TEXT NOT NULL,
  checksum TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  created_at DATETIME NOT NULL,
  created_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  CONSTRAINT pk_integration_configurations PRIMARY KEY (tenant_id, integration_id, number),
  CONSTRAINT fk_integration_configurations_integration_id FOREIGN KEY(tenant_id, integration_id) REFERENCES integrations (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_integration_configurations_environment CHECK (environment IN ('development', 'staging', 'production')),
  CONSTRAINT ck_integration_configurations_format CHECK (format IN ('yaml', 'toml', 'json'))
);
CREATE UNIQUE INDEX uq_integration_configurations_active ON integration_configurations (tenant_id, integration_id) WHERE active = 1;
CREATE TABLE integration_status_logs (
  tenant_id TEXT NOT NULL,
  id INTEGER NOT NULL,
  integration_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  at DATETIME NOT NULL,
  status TEXT NOT NULL,
  was TEXT,
  latency_ms FLOAT,
  latency_bucket INTEGER,
  trouble TEXT,
  detail TEXT DEFAULT '' NOT NULL,
  advice TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_integration_status_logs PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_integration_status_logs_integration_id FOREIGN KEY(tenant_id, integration_id) REFERENCES integrations (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_integration_status_logs_kind CHECK (kind IN ('check', 'transition')),
  CONSTRAINT ck_integration_status_logs_trouble CHECK (trouble IN ('credentials', 'not_ready', 'configuration'))
) WITHOUT ROWID;
CREATE INDEX ix_integration_status_logs_integration_id ON integration_status_logs (tenant_id, integration_id, kind, at, id, status, was, latency_bucket);
CREATE TABLE integration_status_hours (
  tenant_id TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  hour DATETIME NOT NULL,
  checks INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  reconnects INTEGER NOT NULL,
  latencies BLOB NOT NULL,
  CONSTRAINT pk_integration_status_hours PRIMARY KEY (tenant_id, integration_id, hour),
  CONSTRAINT fk_integration_status_hours_integration_id FOREIGN KEY(tenant_id, integration_id) REFERENCES integrations (tenant_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE integration_webhooks (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  url TEXT NOT NULL,
  event_types JSON DEFAULT '[]' NOT NULL,
  active BOOLEAN NOT NULL,
  created_at DATETIME NOT NULL,
  CONSTRAINT pk_integration_webhooks PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_integration_webhooks_integration_id FOREIGN KEY(tenant_id, integration_id) REFERENCES integrations (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_integration_webhooks_integration_id ON integration_webhooks (tenant_id, integration_id);
CREATE TABLE integration_webhook_events (
  tenant_id TEXT NOT NULL,
  webhook_id TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  event_type TEXT NOT NULL,
  status TEXT NOT NULL,
  received_at DATETIME NOT NULL,
  processed_at DATETIME,
  attempts INTEGER DEFAULT '0' NOT NULL,
  error TEXT DEFAULT '' NOT NULL,
  body BLOB NOT NULL,
  CONSTRAINT pk_integration_webhook_events PRIMARY KEY (tenant_id, webhook_id, idempotency_key),
  CONSTRAINT fk_integration_webhook_events_webhook_id FOREIGN KEY(tenant_id, webhook_id) REFERENCES integration_webhooks (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_integration_webhook_events_status CHECK (status IN ('received', 'processing', 'processed', 'failed', 'duplicate', 'quarantined'))
);
CREATE INDEX ix_integration_webhook_events_status ON integration_webhook_events (tenant_id, status, received_at);
CREATE TRIGGER integration_audit_logs_refuse_update BEFORE UPDATE ON integration_audit_logs BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER integration_audit_logs_refuse_delete BEFORE DELETE ON integration_audit_logs BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TABLE roster_census (
  tenant_id TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  collection TEXT NOT NULL,
  standing TEXT NOT NULL,
  records INTEGER NOT NULL,
  complete BOOLEAN NOT NULL,
  at DATETIME NOT NULL,
  as_of DATETIME,
  since DATETIME,
  scopes JSON DEFAULT '[]' NOT NULL,
  CONSTRAINT pk_roster_census PRIMARY KEY (tenant_id, integration_id, collection, standing),
  CONSTRAINT fk_roster_census_integration_id FOREIGN KEY(tenant_id, integration_id) REFERENCES integrations (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_roster_census_collection CHECK (collection IN ('orgs', 'academic_sessions', 'courses', 'classes', 'users', 'enrollments', 'demographics')),
  CONSTRAINT ck_roster_census_standing CHECK (standing IN ('seen', 'accepted'))
);
CREATE TABLE roster_ids (
  tenant_id TEXT NOT NULL,
  noun TEXT NOT NULL,
  next INTEGER NOT NULL,
  CONSTRAINT pk_roster_ids PRIMARY KEY (tenant_id, noun)
);
CREATE TABLE roster_revisions (
  tenant_id TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  cause TEXT NOT NULL,
  CONSTRAINT pk_roster_revisions PRIMARY KEY (tenant_id, integration_id),
  CONSTRAINT fk_roster_revisions_integration_id FOREIGN KEY(tenant_id, integration_id) REFERENCES integrations (tenant_id, id) ON DELETE CASCADE
);
CREATE TABLE sync_conflicts (
  tenant_id TEXT NOT NULL,
  id INTEGER NOT NULL,
  integration_id TEXT NOT NULL,
  collection TEXT NOT NULL,
  internal_id INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  field TEXT NOT NULL,
  base TEXT,
  ours TEXT,
  theirs TEXT,
  run_id INTEGER NOT NULL,
  raised_at DATETIME NOT NULL,
  side TEXT,
  decided_by TEXT,
  decided_at DATETIME,
  CONSTRAINT pk_sync_conflicts PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_sync_conflicts_integration_id FOREIGN KEY(tenant_id, integration_id) REFERENCES integrations (tenant_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX ix_sync_conflicts_collection ON sync_conflicts (tenant_id, collection, internal_id);
CREATE INDEX ix_sync_conflicts_integration_id ON sync_conflicts (tenant_id, integration_id, id);
CREATE UNIQUE INDEX uq_sync_conflicts_open ON sync_conflicts (tenant_id, integration_id, collection, internal_id, field) WHERE side IS NULL;
CREATE TABLE sync_marks (
  tenant_id TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  collection TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  made_by TEXT NOT NULL,
  as_of DATETIME,
  CONSTRAINT pk_sync_marks PRIMARY KEY (tenant_id, integration_id, collection),
  CONSTRAINT fk_sync_marks_integration_id FOREIGN KEY(tenant_id, integration_id) REFERENCES integrations (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_sync_marks_collection CHECK (collection IN ('orgs', 'academic_sessions', 'courses', 'classes', 'users', 'enrollments'))
);
CREATE TABLE sync_matches (
  tenant_id TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  collection TEXT NOT NULL,
  external_id TEXT NOT NULL,
  internal_id INTEGER NOT NULL,
  candidate_id INTEGER NOT NULL,
  rule TEXT NOT NULL,
  score INTEGER NOT NULL,
  status TEXT NOT NULL,
  found_at DATETIME NOT NULL,
  CONSTRAINT pk_sync_matches PRIMARY KEY (tenant_id, integration_id, collection, external_id, candidate_id),
  CONSTRAINT fk_sync_matches_integration_id FOREIGN KEY(tenant_id, integration_id) REFERENCES integrations (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_sync_matches_status CHECK (status IN ('open', 'same', 'apart'))
);
CREATE INDEX ix_sync_matches_integration_id ON sync_matches (tenant_id, integration_id, score) WHERE status = 'open';
CREATE TABLE sync_quarantine (
  tenant_id TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  collection TEXT NOT NULL,
  external_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  since DATETIME NOT NULL,
  times INTEGER DEFAULT '1' NOT NULL,
  rule TEXT NOT NULL,
  reason TEXT NOT NULL,
  advice TEXT DEFAULT '' NOT NULL,
  raw TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_sync_quarantine PRIMARY KEY (tenant_id, integration_id, collection, external_id),
  CONSTRAINT fk_sync_quarantine_integration_id FOREIGN KEY(tenant_id, integration_id) REFERENCES integrations (tenant_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE sync_runs (
  tenant_id TEXT NOT NULL,
  id INTEGER NOT NULL,
  integration_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  "trigger" TEXT NOT NULL,
  started_by TEXT NOT NULL,
  started_at DATETIME NOT NULL,
  status TEXT NOT NULL,
  phase TEXT NOT NULL,
  scope TEXT,
  scopes JSON DEFAULT '[]' NOT NULL,
  applies BOOLEAN NOT NULL,
  spares BOOLEAN NOT NULL,
  relinks BOOLEAN NOT NULL,
  config_version INTEGER NOT NULL,
  base INTEGER DEFAULT '0' NOT NULL,
  plan_hash TEXT DEFAULT '' NOT NULL,
  preview TEXT DEFAULT '' NOT NULL,
  holds JSON DEFAULT '[]' NOT NULL,
  problem TEXT DEFAULT '' NOT NULL,
  advice TEXT DEFAULT '' NOT NULL,
  wish TEXT,
  undoes INTEGER,
  updated_at DATETIME NOT NULL,
  ended_at DATETIME,
  CONSTRAINT pk_sync_runs PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_sync_runs_integration_id FOREIGN KEY(tenant_id, integration_id) REFERENCES integrations (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_sync_runs_mode CHECK (mode IN ('full', 'incremental', 'targeted', 'undo')),
  CONSTRAINT ck_sync_runs_trigger CHECK (trigger IN ('hand', 'schedule', 'webhook')),
  CONSTRAINT ck_sync_runs_status CHECK (status IN ('running', 'planned', 'held', 'paused', 'applied', 'failed', 'cancelled', 'stale')),
  CONSTRAINT ck_sync_runs_phase CHECK (phase IN ('pull', 'plan', 'apply')),
  CONSTRAINT ck_sync_runs_wish CHECK (wish IN ('pause', 'cancel'))
) WITHOUT ROWID;
CREATE INDEX ix_sync_runs_integration_id ON sync_runs (tenant_id, integration_id, id);
CREATE UNIQUE INDEX uq_sync_runs_open ON sync_runs (tenant_id, integration_id) WHERE status IN ('failed', 'held', 'paused', 'planned', 'running');
CREATE TABLE sync_approvals (
  tenant_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  plan_hash TEXT NOT NULL,
  losses INTEGER NOT NULL,
  reason TEXT NOT NULL,
  approved_by TEXT NOT NULL,
  approved_at DATETIME NOT NULL,
  until DATETIME NOT NULL,
  CONSTRAINT pk_sync_approvals PRIMARY KEY (tenant_id, run_id),
  CONSTRAINT fk_sync_approvals_run_id FOREIGN KEY(tenant_id, run_id) REFERENCES sync_runs (tenant_id, id) ON DELETE CASCADE
);
CREATE TABLE sync_findings (
  tenant_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  collection TEXT NOT NULL,
  rule TEXT NOT NULL,
  severity TEXT NOT NULL,
  count INTEGER NOT NULL,
  told TEXT NOT NULL,
  advice TEXT NOT NULL,
  samples JSON DEFAULT '[]' NOT NULL,
  schools JSON DEFAULT '[]' NOT NULL,
  judged_by INTEGER NOT NULL,
  CONSTRAINT pk_sync_findings PRIMARY KEY (tenant_id, run_id, collection, rule),
  CONSTRAINT fk_sync_findings_run_id FOREIGN KEY(tenant_id, run_id) REFERENCES sync_runs (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_sync_findings_severity CHECK (severity IN ('error', 'warning', 'info'))
) WITHOUT ROWID;
CREATE TABLE sync_found (
  tenant_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  collection TEXT NOT NULL,
  rule TEXT NOT NULL,
  external_id TEXT NOT NULL,
  label TEXT NOT NULL,
  school TEXT NOT NULL,
  detail TEXT NOT NULL,
  CONSTRAINT pk_sync_found PRIMARY KEY (tenant_id, run_id, collection, rule, external_id),
  CONSTRAINT fk_sync_found_run_id FOREIGN KEY(tenant_id, run_id) REFERENCES sync_runs (tenant_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE sync_listings (
  tenant_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  collection TEXT NOT NULL,
  place INTEGER NOT NULL,
  pages INTEGER DEFAULT '0' NOT NULL,
  records INTEGER DEFAULT '0' NOT NULL,
  same INTEGER DEFAULT '0' NOT NULL,
  quarantined INTEGER DEFAULT '0' NOT NULL,
  expected INTEGER,
  known INTEGER DEFAULT '0' NOT NULL,
  is_over BOOLEAN NOT NULL,
  complete BOOLEAN NOT NULL,
  reason TEXT DEFAULT '' NOT NULL,
  cursor TEXT,
  read_at DATETIME,
  as_of DATETIME,
  since DATETIME,
  counts JSON DEFAULT '{}' NOT NULL,
  reached TEXT DEFAULT '' NOT NULL,
  applied INTEGER DEFAULT '0' NOT NULL,
  duplicates INTEGER DEFAULT '0' NOT NULL,
  differing INTEGER DEFAULT '0' NOT NULL,
  doubled JSON DEFAULT '[]' NOT NULL,
  with_loss INTEGER DEFAULT '0' NOT NULL,
  fields TEXT,
  transfers INTEGER DEFAULT '0' NOT NULL,
  skipped INTEGER DEFAULT '0' NOT NULL,
  CONSTRAINT pk_sync_listings PRIMARY KEY (tenant_id, run_id, collection),
  CONSTRAINT fk_sync_listings_run_id FOREIGN KEY(tenant_id, run_id) REFERENCES sync_runs (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_sync_listings_collection CHECK (collection IN ('orgs', 'academic_sessions', 'courses', 'classes', 'users', 'enrollments'))
) WITHOUT ROWID;
CREATE TABLE sync_pages (
  tenant_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  collection TEXT NOT NULL,
  number INTEGER NOT NULL,
  digest BLOB NOT NULL,
  staged BLOB NOT NULL,
  ids TEXT NOT NULL,
  fields TEXT,
  lesson TEXT,
  prints BLOB,
  CONSTRAINT pk_sync_pages PRIMARY KEY (tenant_id, run_id, collection, number),
  CONSTRAINT fk_sync_pages_run_id FOREIGN KEY(tenant_id, run_id) REFERENCES sync_runs (tenant_id, id) ON DELETE CASCADE
);
CREATE TABLE sync_scores (
  tenant_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  collection TEXT NOT NULL,
  records INTEGER NOT NULL,
  score_percent INTEGER NOT NULL,
  rules TEXT NOT NULL,
  CONSTRAINT pk_sync_scores PRIMARY KEY (tenant_id, run_id, collection),
  CONSTRAINT fk_sync_scores_run_id FOREIGN KEY(tenant_id, run_id) REFERENCES sync_runs (tenant_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE audit_indexed (
  tenant_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  low INTEGER NOT NULL,
  high INTEGER NOT NULL,
  CONSTRAINT pk_audit_indexed PRIMARY KEY (tenant_id)
);
CREATE VIRTUAL TABLE audit_words USING fts5(words, content='', columnsize=0, detail=none, tokenize='ascii');
CREATE TRIGGER integration_audit_logs_refuse_insert BEFORE INSERT ON integration_audit_logs WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM integration_audit_logs WHERE tenant_id = NEW.tenant_id) BEGIN SELECT RAISE(ABORT, 'the audit log is never changed, only added to at its end'); END;
CREATE TABLE sync_read_findings (
  tenant_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  collection TEXT NOT NULL,
  rule TEXT NOT NULL,
  field TEXT NOT NULL,
  message TEXT NOT NULL,
  is_loss BOOLEAN NOT NULL,
  count INTEGER NOT NULL,
  samples JSON DEFAULT '[]' NOT NULL,
  CONSTRAINT pk_sync_read_findings PRIMARY KEY (tenant_id, run_id, collection, rule, field),
  CONSTRAINT fk_sync_read_findings_run_id FOREIGN KEY(tenant_id, run_id) REFERENCES sync_runs (tenant_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE roster_edits (
  tenant_id TEXT NOT NULL,
  record TEXT NOT NULL,
  seq INTEGER NOT NULL,
  field TEXT NOT NULL,
  "before" TEXT NOT NULL,
  "after" TEXT NOT NULL,
  at DATETIME NOT NULL,
  CONSTRAINT pk_roster_edits PRIMARY KEY (tenant_id, record, seq, field)
) WITHOUT ROWID;
CREATE INDEX ix_roster_edits_at ON roster_edits (tenant_id, at);
CREATE TABLE store_identity (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  CONSTRAINT pk_store_identity PRIMARY KEY (tenant_id)
);
CREATE TABLE shared_external_ids (
  tenant_id TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  collection TEXT NOT NULL,
  external_id TEXT NOT NULL,
  internal_id INTEGER NOT NULL,
  listed BOOLEAN NOT NULL,
  roles JSON DEFAULT '[]' NOT NULL,
  home TEXT,
  bond TEXT NOT NULL,
  CONSTRAINT pk_shared_external_ids PRIMARY KEY (tenant_id, integration_id, collection, external_id),
  CONSTRAINT fk_shared_external_ids_integration_id FOREIGN KEY(tenant_id, integration_id) REFERENCES integrations (tenant_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX ix_shared_external_ids_collection ON shared_external_ids (tenant_id, collection, internal_id);
CREATE TABLE sync_shared_ids (
  tenant_id TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  internal_id INTEGER NOT NULL,
  listed BOOLEAN NOT NULL,
  roles JSON DEFAULT '[]' NOT NULL,
  home TEXT,
  bond TEXT NOT NULL,
  CONSTRAINT pk_sync_shared_ids PRIMARY KEY (tenant_id, run_id, external_id),
  CONSTRAINT fk_sync_shared_ids_run_id FOREIGN KEY(tenant_id, run_id) REFERENCES sync_runs (tenant_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE organization_changes (
  tenant_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  id INTEGER,
  fingerprint INTEGER DEFAULT '0' NOT NULL,
  listed INTEGER DEFAULT '1' NOT NULL,
  status TEXT NOT NULL,
  modified_at DATETIME,
  "before" TEXT,
  "after" TEXT,
  note TEXT,
  sync_version INTEGER,
  name TEXT,
  type TEXT,
  identifier TEXT,
  parent_ref TEXT,
  claims JSON DEFAULT '[]' NOT NULL,
  CONSTRAINT pk_organization_changes PRIMARY KEY (tenant_id, run_id, external_id),
  CONSTRAINT ck_organization_changes_kind CHECK (kind = 'create' OR kind IN ('create', 'link', 'update', 'return', 'relink', 'alias', 'deactivate', 'missing', 'remove', 'refresh', 'protected', 'kept', 'quarantine', 'conflict')),
  CONSTRAINT ck_organization_changes_status CHECK (status = 'active' OR status IN ('active', 'inactive'))
) WITHOUT ROWID;
CREATE INDEX ix_organization_changes_id ON organization_changes (tenant_id, id, run_id) WHERE kind <> 'create';
CREATE INDEX ix_organization_changes_run_id ON organization_changes (tenant_id, run_id, kind, external_id) WHERE kind <> 'create';
CREATE TABLE academic_session_changes (
  tenant_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  id INTEGER,
  fingerprint INTEGER DEFAULT '0' NOT NULL,
  listed INTEGER DEFAULT '1' NOT NULL,
  status TEXT NOT NULL,
  modified_at DATETIME,
  "before" TEXT,
  "after" TEXT,
  note TEXT,
  sync_version INTEGER,
  title TEXT,
  type TEXT,
  starts_on DATE,
  ends_on DATE,
  school_year TEXT,
  parent_ref TEXT,
  claims JSON DEFAULT '[]' NOT NULL,
  CONSTRAINT pk_academic_session_changes PRIMARY KEY (tenant_id, run_id, external_id),
  CONSTRAINT ck_academic_session_changes_kind CHECK (kind = 'create' OR kind IN ('create', 'link', 'update', 'return', 'relink', 'alias', 'deactivate', 'missing', 'remove', 'refresh', 'protected', 'kept', 'quarantine', 'conflict')),
  CONSTRAINT ck_academic_session_changes_status CHECK (status = 'active' OR status IN ('active', 'inactive'))
) WITHOUT ROWID;
CREATE INDEX ix_academic_session_changes_id ON academic_session_changes (tenant_id, id, run_id) WHERE kind <> 'create';
CREATE INDEX ix_academic_session_changes_run_id ON academic_session_changes (tenant_id, run_id, kind, external_id) WHERE kind <> 'create';
CREATE TABLE course_changes (
  tenant_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  id INTEGER,
  fingerprint INTEGER DEFAULT '0' NOT NULL,
  listed INTEGER DEFAULT '1' NOT NULL,
  status TEXT NOT NULL,
  modified_at DATETIME,
  "before" TEXT,
  "after" TEXT,
  note TEXT,
  sync_version INTEGER,
  title TEXT,
  course_code TEXT,
  org_ref TEXT,
  grades JSON DEFAULT '[]' NOT NULL,
  subjects JSON DEFAULT '[]' NOT NULL,
  subject_codes JSON DEFAULT '[]' NOT NULL,
  school_year_ref TEXT,
  grades_as_sent JSON DEFAULT '[]' NOT NULL,
  claims JSON DEFAULT '[]' NOT NULL,
  CONSTRAINT pk_course_changes PRIMARY KEY (tenant_id, run_id, external_id),
  CONSTRAINT ck_course_changes_kind CHECK (kind = 'create' OR kind IN ('create', 'link', 'update', 'return', 'relink', 'alias', 'deactivate', 'missing', 'remove', 'refresh', 'protected', 'kept', 'quarantine', 'conflict')),
  CONSTRAINT ck_course_changes_status CHECK (status = 'active' OR status IN ('active', 'inactive'))
) WITHOUT ROWID;
CREATE INDEX ix_course_changes_id ON course_changes (tenant_id, id, run_id) WHERE kind <> 'create';
CREATE INDEX ix_course_changes_run_id ON course_changes (tenant_id, run_id, kind, external_id) WHERE kind <> 'create';
CREATE TABLE class_changes (
  tenant_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  id INTEGER,
  fingerprint INTEGER DEFAULT '0' NOT NULL,
  listed INTEGER DEFAULT '1' NOT NULL,
  status TEXT NOT NULL,
  modified_at DATETIME,
  "before" TEXT,
  "after" TEXT,
  note TEXT,
  sync_version INTEGER,
  title TEXT,
  course_ref TEXT,
  school_ref TEXT,
  terms JSON DEFAULT '[]' NOT NULL,
  class_code TEXT,
  class_type TEXT,
  location TEXT,
  grades JSON DEFAULT '[]' NOT NULL,
  subjects JSON DEFAULT '[]' NOT NULL,
  subject_codes JSON DEFAULT '[]' NOT NULL,
  periods JSON DEFAULT '[]' NOT NULL,
  grades_as_sent JSON DEFAULT '[]' NOT NULL,
  claims JSON DEFAULT '[]' NOT NULL,
  CONSTRAINT pk_class_changes PRIMARY KEY (tenant_id, run_id, external_id),
  CONSTRAINT ck_class_changes_kind CHECK (kind = 'create' OR kind IN ('create', 'link', 'update', 'return', 'relink', 'alias', 'deactivate', 'missing', 'remove', 'refresh', 'protected', 'kept', 'quarantine', 'conflict')),
  CONSTRAINT ck_class_changes_status CHECK (status = 'active' OR status IN ('active', 'inactive'))
) WITHOUT ROWID;
CREATE INDEX ix_class_changes_id ON class_changes (tenant_id, id, run_id) WHERE kind <> 'create';
CREATE INDEX ix_class_changes_run_id ON class_changes (tenant_id, run_id, kind, external_id) WHERE kind <> 'create';
CREATE TABLE user_changes (
  tenant_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  id INTEGER,
  fingerprint INTEGER DEFAULT '0' NOT NULL,
  listed INTEGER DEFAULT '1' NOT NULL,
  status TEXT NOT NULL,
  modified_at DATETIME,
  "before" TEXT,
  "after" TEXT,
  note TEXT,
  sync_version INTEGER,
  given_name TEXT,
  family_name TEXT,
  middle_name TEXT,
  preferred_given_name TEXT,
  preferred_middle_name TEXT,
  preferred_family_name TEXT,
  pronouns TEXT,
  username TEXT,
  email TEXT,
  identifier TEXT,
  enabled BOOLEAN,
  roles JSON DEFAULT '[]' NOT NULL,
  grades JSON DEFAULT '[]' NOT NULL,
  primary_org_ref TEXT,
  sms TEXT,
  phone TEXT,
  master_identifier TEXT,
  agents JSON DEFAULT '[]' NOT NULL,
  user_ids JSON DEFAULT '[]' NOT NULL,
  grades_as_sent JSON DEFAULT '[]' NOT NULL,
  claims JSON DEFAULT '[]' NOT NULL,
  CONSTRAINT pk_user_changes PRIMARY KEY (tenant_id, run_id, external_id),
  CONSTRAINT ck_user_changes_kind CHECK (kind = 'create' OR kind IN ('create', 'link', 'update', 'return', 'relink', 'alias', 'deactivate', 'missing', 'remove', 'refresh', 'protected', 'kept', 'quarantine', 'conflict')),
  CONSTRAINT ck_user_changes_status CHECK (status = 'active' OR status IN ('active', 'inactive'))
) WITHOUT ROWID;
CREATE INDEX ix_user_changes_id ON user_changes (tenant_id, id, run_id) WHERE kind <> 'create';
CREATE INDEX ix_user_changes_run_id ON user_changes (tenant_id, run_id, kind, external_id) WHERE kind <> 'create';
CREATE TABLE enrollment_changes (
  tenant_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  id INTEGER,
  fingerprint INTEGER DEFAULT '0' NOT NULL,
  listed INTEGER DEFAULT '1' NOT NULL,
  status TEXT NOT NULL,
  modified_at DATETIME,
  "before" TEXT,
  "after" TEXT,
  note TEXT,
  sync_version INTEGER,
  user_ref TEXT,
  class_ref TEXT,
  school_ref TEXT,
  role TEXT,
  is_primary BOOLEAN,
  begins_on DATE,
  ends_on DATE,
  CONSTRAINT pk_enrollment_changes PRIMARY KEY (tenant_id, run_id, external_id),
  CONSTRAINT ck_enrollment_changes_kind CHECK (kind = 'create' OR kind IN ('create', 'link', 'update', 'return', 'relink', 'alias', 'deactivate', 'missing', 'remove', 'refresh', 'protected', 'kept', 'quarantine', 'conflict')),
  CONSTRAINT ck_enrollment_changes_status CHECK (status = 'active' OR status IN ('active', 'inactive'))
) WITHOUT ROWID;
CREATE INDEX ix_enrollment_changes_id ON enrollment_changes (tenant_id, id, run_id) WHERE kind <> 'create';
CREATE INDEX ix_enrollment_changes_run_id ON enrollment_changes (tenant_id, run_id, kind, external_id) WHERE kind <> 'create';
CREATE TABLE messages (
  tenant_id TEXT NOT NULL,
  id INTEGER NOT NULL,
  at DATETIME NOT NULL,
  first_at DATETIME NOT NULL,
  times INTEGER DEFAULT '1' NOT NULL,
  kind TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  run_id INTEGER,
  trouble TEXT,
  topic TEXT NOT NULL,
  sentence TEXT NOT NULL,
  advice TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_messages PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_messages_integration_id FOREIGN KEY(tenant_id, integration_id) REFERENCES integrations (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_messages_kind CHECK (kind IN ('down', 'degraded', 'back', 'held', 'waiting', 'failed', 'conflicts')),
  CONSTRAINT ck_messages_trouble CHECK (trouble IN ('credentials', 'not_ready', 'configuration'))
);
CREATE INDEX ix_messages_at ON messages (tenant_id, at);
CREATE INDEX ix_messages_integration_id ON messages (tenant_id, integration_id, topic, id);
CREATE TABLE message_marks (
  tenant_id TEXT NOT NULL,
  read_to INTEGER NOT NULL,
  CONSTRAINT pk_message_marks PRIMARY KEY (tenant_id)
);
CREATE INDEX ix_organization_changes_claims ON organization_changes (tenant_id, run_id, external_id) WHERE claims <> '[]';
CREATE INDEX ix_academic_session_changes_claims ON academic_session_changes (tenant_id, run_id, external_id) WHERE claims <> '[]';
CREATE INDEX ix_course_changes_claims ON course_changes (tenant_id, run_id, external_id) WHERE claims <> '[]';
CREATE INDEX ix_class_changes_claims ON class_changes (tenant_id, run_id, external_id) WHERE claims <> '[]';
CREATE INDEX ix_user_changes_claims ON user_changes (tenant_id, run_id, external_id) WHERE claims <> '[]';
CREATE TABLE sync_skipped (
  tenant_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  collection TEXT NOT NULL,
  owner_collection TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  CONSTRAINT pk_sync_skipped PRIMARY KEY (tenant_id, run_id, collection, owner_collection, owner_id),
  CONSTRAINT fk_sync_skipped_run_id FOREIGN KEY(tenant_id, run_id) REFERENCES sync_runs (tenant_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE organizations (
  tenant_id TEXT NOT NULL,
  id INTEGER NOT NULL,
  external_system_id TEXT NOT NULL,
  external_id TEXT NOT NULL,
  status TEXT NOT NULL,
  sync_status TEXT NOT NULL,
  last_sync_at DATETIME,
  sync_version INTEGER DEFAULT '0' NOT NULL,
  sync_metadata JSON DEFAULT '{}' NOT NULL,
  pinned INTEGER DEFAULT '0' NOT NULL,
  created_run INTEGER,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  identifier TEXT,
  parent_id INTEGER,
  claims JSON DEFAULT '[]' NOT NULL,
  CONSTRAINT pk_organizations PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_organizations_status CHECK (status = 'active' OR status IN ('active', 'inactive')),
  CONSTRAINT ck_organizations_sync_status CHECK (sync_status = 'synced' OR sync_status IN ('synced', 'conflict'))
) WITHOUT ROWID;
CREATE INDEX ix_organizations_claims ON organizations (tenant_id, id) WHERE claims <> '[]';
CREATE INDEX ix_organizations_identifier ON organizations (tenant_id, identifier);
CREATE INDEX ix_organizations_joined ON organizations (tenant_id, name, id) WHERE replace(replace(replace(name, '‌', ''), '‍', ''), '­', '') <> name;
CREATE INDEX ix_organizations_name ON organizations (tenant_id, name, id);
CREATE INDEX ix_organizations_parent_id ON organizations (tenant_id, parent_id);
CREATE TABLE academic_sessions (
  tenant_id TEXT NOT NULL,
  id INTEGER NOT NULL,
  external_system_id TEXT NOT NULL,
  external_id TEXT NOT NULL,
  status TEXT NOT NULL,
  sync_status TEXT NOT NULL,
  last_sync_at DATETIME,
  sync_version INTEGER DEFAULT '0' NOT NULL,
  sync_metadata JSON DEFAULT '{}' NOT NULL,
  pinned INTEGER DEFAULT '0' NOT NULL,
  created_run INTEGER,
  title TEXT NOT NULL,
  type TEXT NOT NULL,
  starts_on DATE NOT NULL,
  ends_on DATE NOT NULL,
  school_year TEXT,
  parent_id INTEGER,
  claims JSON DEFAULT '[]' NOT NULL,
  CONSTRAINT pk_academic_sessions PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_academic_sessions_status CHECK (status = 'active' OR status IN ('active', 'inactive')),
  CONSTRAINT ck_academic_sessions_sync_status CHECK (sync_status = 'synced' OR sync_status IN ('synced', 'conflict'))
) WITHOUT ROWID;
CREATE INDEX ix_academic_sessions_claims ON academic_sessions (tenant_id, id) WHERE claims <> '[]';
CREATE INDEX ix_academic_sessions_joined ON academic_sessions (tenant_id, title, id) WHERE replace(replace(replace(title, '‌', ''), '‍', ''), '­', '') <> title;
CREATE INDEX ix_academic_sessions_parent_id ON academic_sessions (tenant_id, parent_id);
CREATE INDEX ix_academic_sessions_title ON academic_sessions (tenant_id, title, id);
CREATE TABLE courses (
  tenant_id TEXT NOT NULL,
  id INTEGER NOT NULL,
  external_system_id TEXT NOT NULL,
  external_id TEXT NOT NULL,
  status TEXT NOT NULL,
  sync_status TEXT NOT NULL,
  last_sync_at DATETIME,
  sync_version INTEGER DEFAULT '0' NOT NULL,
  sync_metadata JSON DEFAULT '{}' NOT NULL,
  pinned INTEGER DEFAULT '0' NOT NULL,
  created_run INTEGER,
  title TEXT NOT NULL,
  course_code TEXT,
  organization_id INTEGER,
  grades JSON DEFAULT '[]' NOT NULL,
  subjects JSON DEFAULT '[]' NOT NULL,
  subject_codes JSON DEFAULT '[]' NOT NULL,
  school_year_id INTEGER,
  grades_as_sent JSON DEFAULT '[]' NOT NULL,
  claims JSON DEFAULT '[]' NOT NULL,
  CONSTRAINT pk_courses PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_courses_status CHECK (status = 'active' OR status IN ('active', 'inactive')),
  CONSTRAINT ck_courses_sync_status CHECK (sync_status = 'synced' OR sync_status IN ('synced', 'conflict'))
) WITHOUT ROWID;
CREATE INDEX ix_courses_claims ON courses (tenant_id, id) WHERE claims <> '[]';
CREATE INDEX ix_courses_joined ON courses (tenant_id, title, id) WHERE replace(replace(replace(title, '‌', ''), '‍', ''), '­', '') <> title;
CREATE INDEX ix_courses_organization_id ON courses (tenant_id, organization_id);
CREATE INDEX ix_courses_school_year_id ON courses (tenant_id, school_year_id);
CREATE INDEX ix_courses_title ON courses (tenant_id, title, id);
CREATE TABLE classes (
  tenant_id TEXT NOT NULL,
  id INTEGER NOT NULL,
  external_system_id TEXT NOT NULL,
  external_id TEXT NOT NULL,
  status TEXT NOT NULL,
  sync_status TEXT NOT NULL,
  last_sync_at DATETIME,
  sync_version INTEGER DEFAULT '0' NOT NULL,
  sync_metadata JSON DEFAULT '{}' NOT NULL,
  pinned INTEGER DEFAULT '0' NOT NULL,
  created_run INTEGER,
  title TEXT NOT NULL,
  course_id INTEGER,
  organization_id INTEGER NOT NULL,
  terms JSON DEFAULT '[]' NOT NULL,
  class_code TEXT,
  class_type TEXT,
  location TEXT,
  grades JSON DEFAULT '[]' NOT NULL,
  subjects JSON DEFAULT '[]' NOT NULL,
  subject_codes JSON DEFAULT '[]' NOT NULL,
  periods JSON DEFAULT '[]' NOT NULL,
  grades_as_sent JSON DEFAULT '[]' NOT NULL,
  claims JSON DEFAULT '[]' NOT NULL,
  CONSTRAINT pk_classes PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_classes_status CHECK (status = 'active' OR status IN ('active', 'inactive')),
  CONSTRAINT ck_classes_sync_status CHECK (sync_status = 'synced' OR sync_status IN ('synced', 'conflict'))
) WITHOUT ROWID;
CREATE INDEX ix_classes_claims ON classes (tenant_id, id) WHERE claims <> '[]';
CREATE INDEX ix_classes_course_id ON classes (tenant_id, course_id);
CREATE INDEX ix_classes_joined ON classes (tenant_id, title, id) WHERE replace(replace(replace(title, '‌', ''), '‍', ''), '­', '') <> title;
CREATE INDEX ix_classes_organization_id ON classes (tenant_id, organization_id);
CREATE INDEX ix_classes_title ON classes (tenant_id, title, id);
CREATE TABLE users (
  tenant_id TEXT NOT NULL,
  id INTEGER NOT NULL,
  external_system_id TEXT NOT NULL,
  external_id TEXT NOT NULL,
  status TEXT NOT NULL,
  sync_status TEXT NOT NULL,
  last_sync_at DATETIME,
  sync_version INTEGER DEFAULT '0' NOT NULL,
  sync_metadata JSON DEFAULT '{}' NOT NULL,
  pinned INTEGER DEFAULT '0' NOT NULL,
  created_run INTEGER,
  given_name TEXT NOT NULL,
  family_name TEXT NOT NULL,
  middle_name TEXT,
  preferred_given_name TEXT,
  preferred_middle_name TEXT,
  preferred_family_name TEXT,
  pronouns TEXT,
  username TEXT,
  email TEXT,
  identifier TEXT,
  enabled BOOLEAN NOT NULL,
  roles JSON DEFAULT '[]' NOT NULL,
  grades JSON DEFAULT '[]' NOT NULL,
  organization_id INTEGER,
  sms TEXT,
  phone TEXT,
  master_identifier TEXT,
  agents JSON DEFAULT '[]' NOT NULL,
  user_ids JSON DEFAULT '[]' NOT NULL,
  grades_as_sent JSON DEFAULT '[]' NOT NULL,
  claims JSON DEFAULT '[]' NOT NULL,
  CONSTRAINT pk_users PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_users_status CHECK (status = 'active' OR status IN ('active', 'inactive')),
  CONSTRAINT ck_users_sync_status CHECK (sync_status = 'synced' OR sync_status IN ('synced', 'conflict'))
) WITHOUT ROWID;
CREATE INDEX ix_users_claims ON users (tenant_id, id) WHERE claims <> '[]';
CREATE INDEX ix_users_email ON users (tenant_id, email);
CREATE INDEX ix_users_family_name ON users (tenant_id, family_name, given_name, id);
CREATE INDEX ix_users_identifier ON users (tenant_id, identifier);
CREATE INDEX ix_users_joined ON users (tenant_id, family_name, given_name, id) WHERE replace(replace(replace(family_name || given_name, '‌', ''), '‍', ''), '­', '') <> family_name || given_name;
CREATE INDEX ix_users_organization_id ON users (tenant_id, organization_id);
CREATE INDEX ix_users_username ON users (tenant_id, username);
CREATE TABLE enrollments (
  tenant_id TEXT NOT NULL,
  id INTEGER NOT NULL,
  external_system_id TEXT NOT NULL,
  external_id TEXT NOT NULL,
  status TEXT NOT NULL,
  sync_status TEXT NOT NULL,
  last_sync_at DATETIME,
  sync_version INTEGER DEFAULT '0' NOT NULL,
  sync_metadata JSON DEFAULT '{}' NOT NULL,
  pinned INTEGER DEFAULT '0' NOT NULL,
  created_run INTEGER,
  user_id INTEGER NOT NULL,
  class_id INTEGER NOT NULL,
  organization_id INTEGER NOT NULL,
  role TEXT NOT NULL,
  is_primary BOOLEAN,
  begins_on DATE,
  ends_on DATE,
  CONSTRAINT pk_enrollments PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_enrollments_status CHECK (status = 'active' OR status IN ('active', 'inactive')),
  CONSTRAINT ck_enrollments_sync_status CHECK (sync_status = 'synced' OR sync_status IN ('synced', 'conflict'))
) WITHOUT ROWID;
CREATE INDEX ix_enrollments_class_id ON enrollments (tenant_id, class_id);
CREATE INDEX ix_enrollments_organization_id ON enrollments (tenant_id, organization_id);
CREATE INDEX ix_enrollments_user_id ON enrollments (tenant_id, user_id);
CREATE TABLE external_system_mappings (
  tenant_id TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  collection TEXT NOT NULL,
  external_id TEXT NOT NULL,
  internal_id INTEGER NOT NULL,
  fingerprint INTEGER NOT NULL,
  listed BOOLEAN NOT NULL,
  missed INTEGER DEFAULT '0' NOT NULL,
  missing_since DATETIME,
  bond TEXT NOT NULL,
  mapped_at DATETIME NOT NULL,
  CONSTRAINT pk_external_system_mappings PRIMARY KEY (tenant_id, integration_id, collection, external_id),
  CONSTRAINT uq_external_system_mappings_collection UNIQUE (tenant_id, collection, internal_id, integration_id),
  CONSTRAINT ck_external_system_mappings_collection CHECK (collection = 'enrollments' OR collection IN ('orgs', 'academic_sessions', 'courses', 'classes', 'users', 'enrollments')),
  CONSTRAINT ck_external_system_mappings_bond CHECK (bond = 'created' OR bond IN ('created', 'matched', 'confirmed', 'relinked'))
) WITHOUT ROWID;
CREATE TABLE sync_doubts (
  tenant_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  collection TEXT NOT NULL,
  external_id TEXT NOT NULL,
  CONSTRAINT pk_sync_doubts PRIMARY KEY (tenant_id, run_id, collection, external_id),
  CONSTRAINT fk_sync_doubts_run_id FOREIGN KEY(tenant_id, run_id) REFERENCES sync_runs (tenant_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
INSERT INTO alembic_version VALUES ('0019');
INSERT INTO store_identity VALUES ('local', lower(hex(randomblob(16))));
