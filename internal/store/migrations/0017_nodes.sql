CREATE TABLE nodes (
  id         VARCHAR(36) NOT NULL PRIMARY KEY,
  started_at BIGINT      NOT NULL,
  seen_at    BIGINT      NOT NULL,
  sealed     {{text}}    NOT NULL
) {{table}};
CREATE INDEX nodes_by_seen ON nodes (seen_at);

CREATE TABLE jobs (
  id          VARCHAR(40) NOT NULL PRIMARY KEY,
  state       SMALLINT    NOT NULL,
  node_id     VARCHAR(36) NOT NULL,
  lease_until BIGINT      NOT NULL,
  started_at  BIGINT      NOT NULL,
  ended_at    BIGINT      NOT NULL,
  next_at     BIGINT      NOT NULL,
  sealed      {{text}}    NOT NULL
) {{table}};
