CREATE TABLE devices (
  id               VARCHAR(36) NOT NULL PRIMARY KEY,
  user_id          VARCHAR(36) NOT NULL,
  identifier_index VARCHAR(43) NOT NULL,
  type             SMALLINT    NOT NULL,
  created_at       BIGINT      NOT NULL,
  last_used_at     BIGINT      NOT NULL,
  sealed           {{text}}    NOT NULL,
  CONSTRAINT devices_of UNIQUE (user_id, identifier_index),
  CONSTRAINT devices_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) {{table}};

ALTER TABLE sessions ADD COLUMN device_id VARCHAR(36);
