CREATE TABLE factors (
  id           VARCHAR(36) NOT NULL PRIMARY KEY,
  user_id      VARCHAR(36) NOT NULL,
  kind         SMALLINT    NOT NULL,
  counter      BIGINT      NOT NULL,
  created_at   BIGINT      NOT NULL,
  last_used_at BIGINT      NOT NULL,
  sealed       {{text}}    NOT NULL,
  CONSTRAINT factors_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) {{table}};
CREATE INDEX factors_by_user ON factors (user_id, kind);

CREATE TABLE remembered_devices (
  id           VARCHAR(36) NOT NULL PRIMARY KEY,
  user_id      VARCHAR(36) NOT NULL,
  token_index  VARCHAR(43) NOT NULL UNIQUE,
  epoch        BIGINT      NOT NULL,
  created_at   BIGINT      NOT NULL,
  last_used_at BIGINT      NOT NULL,
  expires_at   BIGINT      NOT NULL,
  sealed       {{text}}    NOT NULL,
  CONSTRAINT remembered_devices_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) {{table}};
CREATE INDEX remembered_devices_by_user ON remembered_devices (user_id, created_at);
CREATE INDEX remembered_devices_by_expiry ON remembered_devices (expires_at);

CREATE TABLE mail_codes (
  id         VARCHAR(36) NOT NULL PRIMARY KEY,
  user_id    VARCHAR(36) NOT NULL,
  purpose    SMALLINT    NOT NULL,
  tries      SMALLINT    NOT NULL,
  created_at BIGINT      NOT NULL,
  expires_at BIGINT      NOT NULL,
  sealed     {{text}}    NOT NULL,
  CONSTRAINT mail_codes_of UNIQUE (user_id, purpose),
  CONSTRAINT mail_codes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) {{table}};
CREATE INDEX mail_codes_by_expiry ON mail_codes (expires_at);

CREATE TABLE spent (
  token_index VARCHAR(43) NOT NULL PRIMARY KEY,
  expires_at  BIGINT      NOT NULL
) {{table}};
CREATE INDEX spent_by_expiry ON spent (expires_at);
