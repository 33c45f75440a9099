-- One row for each visitor's sandbox: the scenario as it was saved last.
CREATE TABLE sandboxes (
    id         text        PRIMARY KEY,
    session    text        NOT NULL,
    place      text        NOT NULL,
    scenario   jsonb       NOT NULL,
    version    bigint      NOT NULL,
    touched_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (session, place)
);

-- The sweep looks for the ones that nobody touched for long.
CREATE INDEX sandboxes_touched_at ON sandboxes (touched_at);

-- The rows of every Postgres node of every sandbox. They go with their sandbox.
CREATE TABLE node_rows (
    sandbox text NOT NULL REFERENCES sandboxes (id) ON DELETE CASCADE,
    node    text NOT NULL,
    key     text NOT NULL,
    value   text NOT NULL,
    PRIMARY KEY (sandbox, node, key)
);
