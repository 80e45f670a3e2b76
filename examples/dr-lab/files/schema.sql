-- Who may do what, and the table of the shop; run once, before anybody can connect.
\set password `printf %s "$DB_PASSWORD"`
alter role guard password :'password';
create role monitor login password :'password' in role pg_monitor;
create role shop login password :'password';
create database shop owner shop;
\connect shop
create table rows (
	client text,
	seq bigint,
	sent timestamptz not null,
	region text not null,
	at timestamptz not null default clock_timestamp(),
	primary key (client, seq)
);
alter table rows owner to shop;
