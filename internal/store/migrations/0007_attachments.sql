CREATE TABLE attachments (
  id         VARCHAR(36) NOT NULL PRIMARY KEY,
  user_id    VARCHAR(36) NOT NULL,
  item_id    VARCHAR(36) NOT NULL,
  size       BIGINT      NOT NULL,
  state      SMALLINT    NOT NULL,
  created_at BIGINT      NOT NULL,
  sealed     {{text}}    NOT NULL,
  CONSTRAINT attachments_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT attachments_item FOREIGN KEY (item_id) REFERENCES items (id) ON DELETE CASCADE
) {{table}};
CREATE INDEX attachments_by_item ON attachments (user_id, item_id);

CREATE TABLE sends (
  id           VARCHAR(36) NOT NULL PRIMARY KEY,
  user_id      VARCHAR(36) NOT NULL,
  type         SMALLINT    NOT NULL,
  auth         SMALLINT    NOT NULL,
  state        SMALLINT    NOT NULL,
  size         BIGINT      NOT NULL,
  max_accesses BIGINT      NOT NULL,
  accesses     BIGINT      NOT NULL,
  revision     BIGINT      NOT NULL,
  created_at   BIGINT      NOT NULL,
  updated_at   BIGINT      NOT NULL,
  expires_at   BIGINT      NOT NULL,
  deletes_at   BIGINT      NOT NULL,
  sealed       {{text}}    NOT NULL,
  CONSTRAINT sends_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) {{table}};
CREATE INDEX sends_by_user ON sends (user_id, created_at, id);
CREATE INDEX sends_by_deletion ON sends (deletes_at);

CREATE TABLE blob_deletions (
  id VARCHAR(80) NOT NULL PRIMARY KEY,
  at BIGINT      NOT NULL
) {{table}};
