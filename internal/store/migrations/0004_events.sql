CREATE TABLE events (
  id      VARCHAR(36) NOT NULL PRIMARY KEY,
  at      BIGINT      NOT NULL,
  kind    SMALLINT    NOT NULL,
  user_id VARCHAR(36),
  sealed  {{text}}    NOT NULL,
  CONSTRAINT events_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL
) {{table}};
CREATE INDEX events_by_user ON events (user_id, at);
CREATE INDEX events_by_time ON events (at, id);
