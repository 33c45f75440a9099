-- What somebody has done in the lessons, found by a code that he alone knows: here is no more of it than its SHA-256.
CREATE TABLE synced_progress (
    code     bytea       PRIMARY KEY,
    progress jsonb       NOT NULL,
    used_at  timestamptz NOT NULL DEFAULT now()
);

-- The sweep looks for the ones that nobody used for long.
CREATE INDEX synced_progress_used_at ON synced_progress (used_at);

-- What visitors think of the lessons, one opinion each. A visitor is the SHA-256 of a session, for whoever knows a session
-- is that visitor.
CREATE TABLE feedback (
    lesson     text        NOT NULL,
    visitor    bytea       NOT NULL,
    is_helpful boolean     NOT NULL,
    sentence   text        NOT NULL,
    given_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (lesson, visitor)
);
