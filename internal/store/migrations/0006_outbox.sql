CREATE TABLE outbox (
  id     VARCHAR(36) NOT NULL PRIMARY KEY,
  at     BIGINT      NOT NULL,
  sealed {{text}}    NOT NULL
) {{table}};
CREATE INDEX outbox_by_time ON outbox (at, id);

CREATE TABLE auth_requests (
  id          VARCHAR(36) NOT NULL PRIMARY KEY,
  user_id     VARCHAR(36) NOT NULL,
  type        SMALLINT    NOT NULL,
  state       SMALLINT    NOT NULL,
  created_at  BIGINT      NOT NULL,
  answered_at BIGINT      NOT NULL,
  expires_at  BIGINT      NOT NULL,
  sealed      {{text}}    NOT NULL,
  CONSTRAINT auth_requests_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) {{table}};
CREATE INDEX auth_requests_by_user ON auth_requests (user_id, created_at);
CREATE INDEX auth_requests_by_expiry ON auth_requests (expires_at);
