ALTER TABLE events ADD COLUMN seq BIGINT;
ALTER TABLE events ADD COLUMN link VARCHAR(43);
CREATE UNIQUE INDEX events_by_seq ON events (seq);

CREATE TABLE checkpoints (
  id     VARCHAR(36) NOT NULL PRIMARY KEY,
  seq    BIGINT      NOT NULL,
  at     BIGINT      NOT NULL,
  sealed {{text}}    NOT NULL
) {{table}};
CREATE UNIQUE INDEX checkpoints_by_seq ON checkpoints (seq);

CREATE TABLE streams (
  name    VARCHAR(40) NOT NULL PRIMARY KEY,
  seq     BIGINT      NOT NULL,
  fails   BIGINT      NOT NULL,
  next_at BIGINT      NOT NULL
) {{table}};
