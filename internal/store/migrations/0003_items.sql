CREATE TABLE folders (
  user_id    VARCHAR(36) NOT NULL,
  id         VARCHAR(36) NOT NULL,
  revision   BIGINT      NOT NULL,
  created_at BIGINT      NOT NULL,
  updated_at BIGINT      NOT NULL,
  sealed     {{text}}    NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT folders_of UNIQUE (user_id, id),
  CONSTRAINT folders_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) {{table}};

CREATE TABLE items (
  id          VARCHAR(36) NOT NULL PRIMARY KEY,
  user_id     VARCHAR(36) NOT NULL,
  type        SMALLINT    NOT NULL,
  folder_id   VARCHAR(36),
  favorite    SMALLINT    NOT NULL,
  reprompt    SMALLINT    NOT NULL,
  revision    BIGINT      NOT NULL,
  created_at  BIGINT      NOT NULL,
  updated_at  BIGINT      NOT NULL,
  deleted_at  BIGINT      NOT NULL,
  archived_at BIGINT      NOT NULL,
  sealed      {{text}}    NOT NULL,
  CONSTRAINT items_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT items_folder FOREIGN KEY (user_id, folder_id) REFERENCES folders (user_id, id)
) {{table}};
CREATE INDEX items_by_user ON items (user_id, created_at, id);
CREATE INDEX items_by_folder ON items (user_id, folder_id);
CREATE INDEX items_by_deletion ON items (deleted_at);
