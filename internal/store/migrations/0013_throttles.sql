CREATE TABLE throttles (
  id      VARCHAR(43) NOT NULL PRIMARY KEY,
  full_at BIGINT      NOT NULL,
  wait    BIGINT      NOT NULL,
  next_at BIGINT      NOT NULL
) {{table}};
CREATE INDEX throttles_by_full ON throttles (full_at);

CREATE TABLE networks (
  id           VARCHAR(43) NOT NULL PRIMARY KEY,
  user_id      VARCHAR(36) NOT NULL,
  last_used_at BIGINT      NOT NULL,
  CONSTRAINT networks_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) {{table}};
CREATE INDEX networks_by_user ON networks (user_id, last_used_at);
