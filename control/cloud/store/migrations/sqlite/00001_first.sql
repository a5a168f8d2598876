-- Instants are milliseconds since 1970 UTC, 0 = never. Truth values are 0 and 1.
-- Secrets that others hold (login cookies, pairing codes) are kept as SHA-256 only.

-- +goose Up
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE accounts (
    id       TEXT PRIMARY KEY,
    email    TEXT NOT NULL UNIQUE, -- lower case
    name     TEXT NOT NULL,
    password TEXT NOT NULL,        -- argon2id, PHC string
    created  INTEGER NOT NULL
) STRICT;

CREATE TABLE logins (
    token_hash BLOB PRIMARY KEY,
    account    TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created    INTEGER NOT NULL,
    expires    INTEGER NOT NULL
) STRICT;
CREATE INDEX logins_account ON logins (account, created);
CREATE INDEX logins_expires ON logins (expires);

CREATE TABLE meetings (
    id        TEXT PRIMARY KEY,
    owner     TEXT REFERENCES accounts (id) ON DELETE CASCADE, -- NULL: nobody's
    title     TEXT NOT NULL,
    created   INTEGER NOT NULL,
    last_used INTEGER NOT NULL,
    ended     INTEGER NOT NULL DEFAULT 0, -- a host ended it for all
    zone      TEXT NOT NULL DEFAULT ''    -- where its tickets are good, '' = not yet chosen
) STRICT;
CREATE INDEX meetings_owner ON meetings (owner, created);

CREATE TABLE zones (
    id          TEXT PRIMARY KEY,
    public_key  BLOB NOT NULL UNIQUE, -- Ed25519, 32 bytes
    created     INTEGER NOT NULL,
    seen        INTEGER NOT NULL DEFAULT 0,
    epoch       INTEGER NOT NULL DEFAULT 0, -- the highest that was seen
    epoch_since INTEGER NOT NULL DEFAULT 0,
    seq         INTEGER NOT NULL DEFAULT 0  -- the highest that was taken in this epoch
) STRICT;

-- The latest state of a meeting as its zone told it, never a history.
CREATE TABLE zone_meetings (
    zone         TEXT NOT NULL REFERENCES zones (id) ON DELETE CASCADE,
    meeting      TEXT NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    epoch        INTEGER NOT NULL,
    live         INTEGER NOT NULL,
    participants INTEGER NOT NULL,
    since        INTEGER NOT NULL,
    PRIMARY KEY (zone, meeting)
) STRICT;

CREATE TABLE pairing_codes (
    code_hash BLOB PRIMARY KEY,
    created   INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    zone      TEXT NOT NULL DEFAULT '' -- '' = not used yet
) STRICT;

CREATE TABLE signing_keys (
    id         TEXT PRIMARY KEY,
    seed       BLOB NOT NULL, -- Ed25519, 32 bytes
    created    INTEGER NOT NULL,
    signs_from INTEGER NOT NULL -- published before it signs
) STRICT;

-- +goose Down
DROP TABLE signing_keys;
DROP TABLE pairing_codes;
DROP TABLE zone_meetings;
DROP TABLE zones;
DROP TABLE meetings;
DROP TABLE logins;
DROP TABLE accounts;
DROP TABLE settings;
