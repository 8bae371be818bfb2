"""The tables of the studio, one script for each step from one version of them to the next.

A step that was released is never edited; what must change is the next step.
"""

MIGRATIONS = (
    """
    CREATE TABLE epochs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL
    );

    CREATE TABLE jobs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        request TEXT NOT NULL,
        inputs TEXT NOT NULL,
        parent TEXT NOT NULL DEFAULT '',
        fingerprint TEXT NOT NULL,
        client TEXT NOT NULL,
        key TEXT,
        state TEXT NOT NULL DEFAULT 'queued'
            CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
        priority INTEGER NOT NULL,
        rank INTEGER NOT NULL,
        attempt INTEGER NOT NULL DEFAULT 0,
        deaths INTEGER NOT NULL DEFAULT 0,
        epoch INTEGER NOT NULL DEFAULT 0,
        sequence INTEGER NOT NULL DEFAULT 0,
        created REAL NOT NULL,
        started REAL,
        ended REAL,
        deadline REAL,
        notes TEXT NOT NULL DEFAULT '[]',
        error TEXT NOT NULL DEFAULT '',
        error_kind TEXT NOT NULL DEFAULT '',
        UNIQUE (client, key)
    );
    CREATE INDEX jobs_by_turn ON jobs (state, priority DESC, rank);
    CREATE INDEX jobs_by_client ON jobs (client, state);

    CREATE TABLE changes (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        job TEXT NOT NULL,
        what TEXT NOT NULL,
        picture TEXT NOT NULL DEFAULT '',
        at REAL NOT NULL
    );
    CREATE INDEX changes_by_job ON changes (job);

    CREATE TABLE pictures (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL CHECK (kind IN ('picture', 'sketch')),
        path TEXT NOT NULL UNIQUE,
        job TEXT NOT NULL DEFAULT '',
        place INTEGER NOT NULL DEFAULT 0,
        request TEXT NOT NULL DEFAULT '',
        inputs TEXT NOT NULL DEFAULT '{}',
        parent TEXT NOT NULL DEFAULT '',
        content TEXT NOT NULL,
        model TEXT NOT NULL DEFAULT '',
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        text TEXT NOT NULL DEFAULT '',
        created REAL NOT NULL,
        starred INTEGER NOT NULL DEFAULT 0,
        deleted REAL
    );
    CREATE UNIQUE INDEX pictures_once ON pictures (job, place) WHERE job <> '';
    CREATE INDEX pictures_by_job ON pictures (job, place);
    CREATE INDEX pictures_by_content ON pictures (content);
    CREATE INDEX pictures_by_parent ON pictures (parent);

    CREATE TABLE tags (
        picture INTEGER NOT NULL REFERENCES pictures (number) ON DELETE CASCADE,
        tag TEXT NOT NULL,
        PRIMARY KEY (picture, tag)
    ) WITHOUT ROWID;

    CREATE VIRTUAL TABLE words USING fts5 (prompt, negative, model, tags);

    CREATE TABLE preferences (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    );
    """,
    "ALTER TABLE pictures ADD COLUMN work TEXT NOT NULL DEFAULT 'image';",
)
