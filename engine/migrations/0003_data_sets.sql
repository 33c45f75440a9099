-- A row without a value is a tombstone: the shared row of that key, under this node's own rows, counts as deleted.
ALTER TABLE node_rows ALTER COLUMN value DROP NOT NULL;

-- Whether the last write of a row found nothing there. ON CONFLICT cannot tell it afterwards of a tombstone.
ALTER TABLE node_rows ADD COLUMN created boolean NOT NULL DEFAULT true;

-- The shared sets of rows under Postgres nodes. Nothing but their filling writes them (engine/src/data_sets.rs), once in a
-- database and in one transaction each; so they have no foreign keys, whose checks would only slow the filling down.
CREATE TABLE shared_sets (
    name      text        PRIMARY KEY,
    filled_at timestamptz NOT NULL DEFAULT now()
);

-- Set "users".
CREATE TABLE shared_users (
    id     integer PRIMARY KEY,
    name   text    NOT NULL,
    city   text    NOT NULL,
    email  text    NOT NULL,
    joined date    NOT NULL
);

-- Set "products": five tables, and each answer joins them all.
CREATE TABLE shared_brands (
    id      integer PRIMARY KEY,
    name    text    NOT NULL,
    country text    NOT NULL
);

CREATE TABLE shared_categories (
    id         integer PRIMARY KEY,
    name       text    NOT NULL,
    department text    NOT NULL
);

CREATE TABLE shared_products (
    id          integer       PRIMARY KEY,
    name        text          NOT NULL,
    brand       integer       NOT NULL,
    category    integer       NOT NULL,
    price       numeric(8, 2) NOT NULL,
    description text          NOT NULL
);

CREATE TABLE shared_stock (
    product   integer NOT NULL,
    warehouse text    NOT NULL,
    pieces    integer NOT NULL,
    PRIMARY KEY (product, warehouse)
);

CREATE TABLE shared_reviews (
    product integer NOT NULL,
    number  integer NOT NULL,
    author  text    NOT NULL,
    stars   integer NOT NULL,
    opinion text    NOT NULL,
    written date    NOT NULL,
    PRIMARY KEY (product, number)
);

-- Set "threads": a comment knows the one that it answers, and nothing knows the tree.
CREATE TABLE shared_authors (
    id   integer PRIMARY KEY,
    name text    NOT NULL
);

CREATE TABLE shared_threads (
    id      integer PRIMARY KEY,
    title   text    NOT NULL,
    author  integer NOT NULL,
    started date    NOT NULL
);

CREATE TABLE shared_comments (
    id     integer PRIMARY KEY,
    thread integer NOT NULL,
    parent integer,
    author integer NOT NULL,
    points integer NOT NULL,
    words  text    NOT NULL
);

CREATE INDEX shared_comments_first ON shared_comments (thread) WHERE parent IS NULL;
CREATE INDEX shared_comments_parent ON shared_comments (parent);

-- Set "sessions".
CREATE TABLE shared_sessions (
    id      integer   PRIMARY KEY,
    person  integer   NOT NULL,
    name    text      NOT NULL,
    device  text      NOT NULL,
    cart    text[]    NOT NULL,
    began   timestamp NOT NULL,
    expires timestamp NOT NULL
);

-- The name of the user of that number, and of authors and reviewers, who are users too.
CREATE FUNCTION shared_name(number integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT ('{Ada,Aiko,Alejandro,Amara,Amir,Ana,Anders,Anya,Ayesha,Bao,Beatriz,Bjarne,Carlos,Chidi,Chloe,Daniel,Dario,Deniz,
        Diego,Elena,Elif,Emeka,Emma,Erik,Fatima,Felix,Femi,Gabriela,Giulia,Grace,Hana,Hassan,Hugo,Ines,Ingrid,Ivan,Jamal,
        Jana,Joao,Jonas,Julia,Kaito,Karin,Kofi,Lars,Laila,Leila,Liam,Linh,Lucia,Luca,Maja,Marco,Maria,Mateo,Mei,Milan,Mina,
        Nadia,Naomi,Niko,Noor,Olga,Omar,Oskar,Paula,Pedro,Petra,Priya,Rafael,Rania,Ravi,Rohan,Rosa,Sami,Sara,Selin,Silas,
        Sofia,Stefan,Tariq,Tessa,Thandi,Theo,Tomas,Uma,Valentina,Victor,Wanjiru,Wei,Yara,Yusuf,Zainab,Zara,Zoe,Zoltan}'
        ::text[])[1 + (number * 61) % 96]
    || ' ' || ('{Abe,Acheampong,Adeyemi,Ahmed,Almeida,Andersson,Arslan,Banerjee,Barbosa,Becker,Bianchi,Bondarenko,Botha,
        Campos,Castillo,Chen,Cohen,Costa,Dahl,Demir,Diallo,Doe,Dubois,Eriksen,Fernandez,Ferrari,Fischer,Fournier,Garcia,
        Ghosh,Gonzalez,Gupta,Haddad,Hansen,Hoang,Horvat,Ibrahim,Ivanova,Jansen,Johansson,Kamau,Kang,Kaya,Keller,Khan,Kim,
        Kowalski,Kruger,Kumar,Larsen,Laurent,Lehtonen,Lindqvist,Lopez,Mahlangu,Martin,Mendes,Meyer,Mohamed,Moreau,Mwangi,
        Nakamura,Nguyen,Nielsen,Novak,Nowak,Okafor,Okonkwo,Olsen,Osei,Papadakis,Park,Pereira,Petrov,Popescu,Rahman,Ramos,
        Rossi,Ruiz,Sato,Schmidt,Shah,Silva,Singh,Suzuki,Svensson,Tanaka,Torres,Toure,Tran,Varga,Vasquez,Virtanen,Weber,
        Wong,Yamamoto,Yilmaz}'::text[])[1 + (number / 7 + number * 13) % 97]
$$;
