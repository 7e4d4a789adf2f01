CREATE TABLE users (
  id          VARCHAR(36) NOT NULL PRIMARY KEY,
  email_index VARCHAR(43) NOT NULL UNIQUE,
  role        SMALLINT    NOT NULL,
  state       SMALLINT    NOT NULL,
  epoch       BIGINT      NOT NULL,
  changed_at  BIGINT      NOT NULL,
  created_at  BIGINT      NOT NULL,
  sealed      {{text}}    NOT NULL,
  CONSTRAINT users_key FOREIGN KEY (id) REFERENCES data_keys (owner_id)
) {{table}};
CREATE INDEX users_by_role ON users (role, state);

CREATE TABLE sessions (
  id           VARCHAR(36) NOT NULL PRIMARY KEY,
  user_id      VARCHAR(36) NOT NULL,
  door         SMALLINT    NOT NULL,
  epoch        BIGINT      NOT NULL,
  created_at   BIGINT      NOT NULL,
  last_used_at BIGINT      NOT NULL,
  expires_at   BIGINT      NOT NULL,
  sealed       {{text}}    NOT NULL,
  CONSTRAINT sessions_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) {{table}};
CREATE INDEX sessions_by_user ON sessions (user_id, created_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
  token_index VARCHAR(43) NOT NULL PRIMARY KEY,
  session_id  VARCHAR(36) NOT NULL,
  used_at     BIGINT      NOT NULL,
  CONSTRAINT refresh_tokens_session FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
) {{table}};
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

CREATE TABLE access_tokens (
  id           VARCHAR(36) NOT NULL PRIMARY KEY,
  user_id      VARCHAR(36) NOT NULL,
  token_index  VARCHAR(43) NOT NULL UNIQUE,
  can_write    SMALLINT    NOT NULL,
  folder_id    VARCHAR(36),
  epoch        BIGINT      NOT NULL,
  created_at   BIGINT      NOT NULL,
  expires_at   BIGINT      NOT NULL,
  last_used_at BIGINT      NOT NULL,
  sealed       {{text}}    NOT NULL,
  CONSTRAINT access_tokens_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) {{table}};
CREATE INDEX access_tokens_by_user ON access_tokens (user_id, created_at);
