CREATE TABLE invitations (
  id          VARCHAR(36) NOT NULL PRIMARY KEY,
  token_index VARCHAR(43) NOT NULL UNIQUE,
  email_index VARCHAR(43) NOT NULL UNIQUE,
  role        SMALLINT    NOT NULL,
  created_at  BIGINT      NOT NULL,
  expires_at  BIGINT      NOT NULL,
  sealed      {{text}}    NOT NULL
) {{table}};
CREATE INDEX invitations_by_time ON invitations (created_at, id);
CREATE INDEX invitations_by_expiry ON invitations (expires_at);
