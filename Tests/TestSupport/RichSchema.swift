/// A database with one of nearly everything that has ever gone wrong in a dump.
public enum RichSchema {
  /// Run first, on the server: roles with what roles can have.
  public static let roles = """
    CREATE ROLE "App Owner" NOLOGIN CONNECTION LIMIT 7;
    CREATE ROLE reader LOGIN PASSWORD 'canary-role-password' VALID UNTIL '2030-01-01';
    CREATE ROLE auditor NOINHERIT;
    COMMENT ON ROLE auditor IS 'looks, and says nothing';
    GRANT "App Owner" TO auditor WITH ADMIN OPTION;
    GRANT pg_read_all_data TO reader;
    ALTER ROLE reader SET search_path = 'Odd Schema', public;
    ALTER ROLE reader SET work_mem = '7MB';
    """

  public static func settings(_ database: String) -> String {
    """
    ALTER DATABASE \(database) OWNER TO "App Owner";
    ALTER DATABASE \(database) SET default_transaction_read_only = on;
    ALTER DATABASE \(database) SET statement_timeout = '1ms';
    ALTER DATABASE \(database) SET search_path = 'Odd Schema', "$user", public;
    ALTER DATABASE \(database) SET DateStyle = 'German';
    ALTER DATABASE \(database) CONNECTION LIMIT 42;
    ALTER ROLE reader IN DATABASE \(database) SET lock_timeout = '3s';
    REVOKE CONNECT ON DATABASE \(database) FROM PUBLIC;
    GRANT CONNECT, TEMPORARY ON DATABASE \(database) TO reader WITH GRANT OPTION;
    COMMENT ON DATABASE \(database) IS 'it''s a \\ database';
    """
  }

  public static let objects = #"""
    SET client_min_messages = warning;
    CREATE EXTENSION citext; CREATE EXTENSION hstore;
    CREATE SCHEMA "Odd Schema" AUTHORIZATION "App Owner";
    COMMENT ON SCHEMA "Odd Schema" IS 'with "quotes" and \ back';
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE TYPE pair AS (a int, b text);
    CREATE DOMAIN positive AS int CHECK (value > 0);
    CREATE TABLE everything (
      id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, i8 bigint, n numeric, f4 real, f8 double precision, b boolean, t text, c char(5),
      v varchar(9), bytes bytea, d date, ts timestamp, tz timestamptz, iv interval, u uuid, j json, jb jsonb, ip inet, m money, arr int[],
      texts text[], r int4range, mood mood, pair pair, pos positive, ci citext, hs hstore, bits bit(3), x xml, ts_v tsvector, o oid, reg regclass,
      doubled bigint GENERATED ALWAYS AS (i8 * 2) STORED);
    INSERT INTO everything (i8, n, f4, f8, b, t, c, v, bytes, d, ts, tz, iv, u, j, jb, ip, m, arr, texts, r, mood, pair, pos, ci, hs, bits, x, ts_v, o, reg)
    VALUES
      (9223372036854775807 / 2, 'NaN', 0.1, 1e-300, true, E'tab\t nl\n back\\ nul-ish \\N', 'ab', 'vc', '\x00ff5c', '2024-02-29', 'infinity',
       '2026-03-29 01:59:59.999999+01', '1 year 2 mons -3 days 04:05:06.7', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": 1, "a":2}', '{"z": [1, null]}',
       '::1/64', 1234.56, '{1,NULL,3}', ARRAY['a,b', 'c"d', NULL, ''], '[1,5)', 'happy', ROW(1, 'x,"y"'), 5, 'CaSe', 'k=>"v,\"w"', B'101',
       '<a>b</a>', 'a b c', 4294967295, 'pg_class'),
      (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    INSERT INTO everything (i8, t, pos) SELECT n, repeat(md5(n::text), 40), n FROM generate_series(1, 300) n;
    ALTER TABLE everything DROP COLUMN v;
    CREATE INDEX ON everything USING gin (jb); CREATE UNIQUE INDEX ON everything (lower(t), id) WHERE t IS NOT NULL;
    COMMENT ON COLUMN everything.n IS 'a number';
    CREATE TABLE more_types (
      i2 int2, tt timetz, ti time, c1 "char", nm name, po point, li line, ls lseg, bo box, pa path, pg polygon, ci circle, cd cidr, ma macaddr, m8 macaddr8,
      tq tsquery, jp jsonpath, lsn pg_lsn, x8 xid8, vb varbit(9), mr int4multirange, nr numrange, tr tstzrange, dr daterange, points point[], snap pg_snapshot,
      many mood[][], pairs pair[], rc regconfig, nones "char"[]);
    INSERT INTO more_types VALUES (
      -32768, '23:59:59.999999-11', '24:00', '\', 'a name', '(1,2e-300)', '{1,2,3}', '[(0,0),(1,1)]', '((1,1),(0,0))', '[(0,0),(1,1)]', '((0,0),(1,1),(1,0))',
      '<(1,2),3>', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', '''fat'' & (rat:A | cat)', '$.a[*] ? (@ > 1)', '16/B374D848', '18446744073709551615',
      B'10101', '{[1,2),[5,9)}', '(0.1,)', '[2026-01-01 00:00+00,infinity]', '[2026-01-01,)', ARRAY['(1,2)', '(3,4)']::point[], '10:20:10,14,15',
      '{{sad,ok},{happy,NULL}}', ARRAY[ROW(1, E'new\nline')::pair], 'english', '{}');
    CREATE TABLE portable (i2 int2, i4 int4, i8 int8, b bool, f4 float4, f8 float8, n numeric, t text, v varchar(3), c bpchar, y bytea, u uuid, d date, ti time,
      ts timestamp, tz timestamptz, jb jsonb);
    INSERT INTO portable VALUES (-1, 2147483647, -9223372036854775808, false, '-0', 'Infinity', '-1234567890.0987654321e30', E'\x01\t\\N\n€𐍈', 'abc', 'pad  ', '\x00ff',
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '4713-01-01 BC', '00:00', '-infinity', '294276-12-31 23:59:59.999999+00', '{"a": [1e400, "\u0041"]}'); INSERT INTO portable DEFAULT VALUES;
    CREATE TABLE "line
    ""break; --" ("多字节" text, "العربية" int, "𓀀" bool, "ไทย" text); INSERT INTO "line
    ""break; --" VALUES ('字', 1, true, E'\\.');
    CREATE TABLE deep (a int, b int, c int) PARTITION BY RANGE (a);
    CREATE TABLE deep_1 PARTITION OF deep FOR VALUES FROM (0) TO (10) PARTITION BY LIST (b);
    CREATE TABLE deep_1_2 PARTITION OF deep_1 FOR VALUES IN (2) PARTITION BY HASH (c);
    CREATE TABLE deep_1_2_0 PARTITION OF deep_1_2 FOR VALUES WITH (MODULUS 1, REMAINDER 0);
    INSERT INTO deep SELECT n % 10, 2, n FROM generate_series(1, 50) n;
    CREATE TABLE by_default (id int GENERATED BY DEFAULT AS IDENTITY (START 100), filler int, g int GENERATED ALWAYS AS (id + 1) STORED);
    INSERT INTO by_default (filler) VALUES (1), (2);
    CREATE TABLE nothing (); INSERT INTO nothing DEFAULT VALUES; INSERT INTO nothing DEFAULT VALUES;
    CREATE TABLE empty (a int, b text);
    CREATE UNLOGGED TABLE fleeting AS SELECT generate_series(1, 10) AS n;
    CREATE TABLE "Odd Schema"."we""ird 'na\me ü€" ("col ""1""" int, "ünd" text, "select" text);
    INSERT INTO "Odd Schema"."we""ird 'na\me ü€" VALUES (1, 'ü', 's'), (2, NULL, '');
    ALTER TABLE "Odd Schema"."we""ird 'na\me ü€" OWNER TO "App Owner";
    GRANT SELECT ("ünd"), UPDATE ("select") ON "Odd Schema"."we""ird 'na\me ü€" TO reader;
    CREATE TABLE parent (a int NOT NULL, CHECK (a > 0)); CREATE TABLE child (b int) INHERITS (parent);
    INSERT INTO parent VALUES (1), (2); INSERT INTO child VALUES (3, 4);
    CREATE TABLE part (k int, v text) PARTITION BY RANGE (k);
    CREATE TABLE part_low PARTITION OF part FOR VALUES FROM (0) TO (100);
    CREATE TABLE part_high PARTITION OF part FOR VALUES FROM (100) TO (1000) PARTITION BY LIST (v);
    CREATE TABLE part_high_a PARTITION OF part_high FOR VALUES IN ('a'); CREATE TABLE part_rest PARTITION OF part DEFAULT;
    ALTER TABLE part ADD PRIMARY KEY (k, v);
    INSERT INTO part SELECT n, 'low' FROM generate_series(0, 99) n; INSERT INTO part SELECT n, 'a' FROM generate_series(100, 200) n;
    CREATE TABLE by_mood (m mood, n int) PARTITION BY HASH (m);
    CREATE TABLE by_mood_0 PARTITION OF by_mood FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE by_mood_1 PARTITION OF by_mood FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    INSERT INTO by_mood SELECT (ARRAY['sad', 'ok', 'happy'])[1 + n % 3]::mood, n FROM generate_series(1, 90) n;
    CREATE SEQUENCE "Odd Schema"."my seq" START 5 INCREMENT 3; SELECT nextval('"Odd Schema"."my seq"');
    CREATE SEQUENCE fresh START 77;
    CREATE VIEW v AS SELECT id, mood FROM everything; GRANT SELECT ON v TO reader;
    CREATE MATERIALIZED VIEW mv AS SELECT count(*) AS c FROM part; CREATE UNIQUE INDEX ON mv (c);
    CREATE TABLE referring (id int REFERENCES everything (id) DEFERRABLE, e int, CONSTRAINT later CHECK (e < 5) NOT VALID,
      EXCLUDE USING gist (int4range(e, e + 1) WITH &&));
    INSERT INTO referring VALUES (1, 3), (2, 4);
    ALTER TABLE referring ADD CONSTRAINT loose FOREIGN KEY (e) REFERENCES everything (id) NOT VALID;
    CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a trigger fired during the load'; END $$;
    CREATE TRIGGER loud BEFORE INSERT ON empty FOR EACH ROW EXECUTE FUNCTION shout();
    CREATE TRIGGER loud_rows BEFORE INSERT ON referring FOR EACH ROW EXECUTE FUNCTION shout();
    CREATE FUNCTION add(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
    CREATE AGGREGATE total (int) (SFUNC = add, STYPE = int);
    CREATE RULE quiet AS ON DELETE TO empty DO INSTEAD NOTHING;
    ALTER TABLE everything ENABLE ROW LEVEL SECURITY; CREATE POLICY only_ok ON everything FOR SELECT TO reader USING (mood = 'ok');
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO reader;
    CREATE PUBLICATION pub FOR TABLE part;
    CREATE STATISTICS stats ON a, b FROM empty;
    CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
    CREATE USER MAPPING FOR reader SERVER far OPTIONS (password 'canary-mapping');
    CREATE FOREIGN TABLE distant (a int) SERVER far;
    SELECT lo_from_bytea(900001, 'small'), lo_create(900002), lo_from_bytea(900003, decode(repeat('00ff', 1200000), 'hex'));
    ALTER LARGE OBJECT 900001 OWNER TO "App Owner"; GRANT SELECT ON LARGE OBJECT 900001 TO reader; COMMENT ON LARGE OBJECT 900002 IS 'empty';
    """#
}
