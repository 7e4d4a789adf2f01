CREATE TABLE acme (
  id         VARCHAR(43) NOT NULL PRIMARY KEY,
  changed_at BIGINT      NOT NULL,
  sealed     {{text}}    NOT NULL
) {{table}};

CREATE TABLE acme_locks (
  id          VARCHAR(43) NOT NULL PRIMARY KEY,
  node_id     VARCHAR(36) NOT NULL,
  lease_until BIGINT      NOT NULL
) {{table}};
