CREATE TABLE data_keys (
  owner_id   VARCHAR(36) NOT NULL PRIMARY KEY,
  key_id     VARCHAR(16) NOT NULL,
  token      {{text}}    NOT NULL,
  created_at BIGINT      NOT NULL
) {{table}};
CREATE INDEX data_keys_by_key ON data_keys (key_id, owner_id);

CREATE TABLE settings (
  name  VARCHAR(40) NOT NULL PRIMARY KEY,
  value {{text}}    NOT NULL
) {{table}};
