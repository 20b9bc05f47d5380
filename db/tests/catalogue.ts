import type { Sql } from "#testing/database.ts";

/** Schemas that the platform owns; everything in any other schema is ours to answer for. */
const platformSchemas = [
  "auth",
  "extensions",
  "information_schema",
  "net",
  "pg_catalog",
  "supabase_migrations",
  "vault",
];

/** Condition on `n` (pg_namespace): a schema of ours. */
const ours = `n.nspname !~ '^pg_' and n.nspname <> all ('{${platformSchemas.join(",")}}')`;
/** Condition on an object id: no extension brought it. */
const notOfExtension = (catalogue: string, oid: string) =>
  `not exists (select 1 from pg_depend e where e.classid = '${catalogue}'::regclass and e.objid = ${oid} and e.deptype = 'e')`;

const lines = async (sql: Sql, text: string): Promise<string[]> =>
  (await sql<{ line: string }>(text)).map(({ line }) => line).sort();

/** Every right that PUBLIC or a role of the Data API holds on anything of ours: `role privilege on object`. */
export function apiGrants(sql: Sql): Promise<string[]> {
  return lines(
    sql,
    `
    with granted as (
      select 'schema ' || n.nspname as object, acl.*
      from pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) acl where ${ours}
      union all
      select case c.relkind when 'S' then 'sequence ' when 'v' then 'view ' else 'table ' end || c.oid::regclass, acl.*
      from pg_class c join pg_namespace n on n.oid = c.relnamespace,
        aclexplode(coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))) acl
      where ${ours} and c.relkind in ('r', 'v', 'm', 'p', 'f', 'S')
      union all
      select 'column ' || c.oid::regclass || '.' || a.attname, acl.*
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace,
        aclexplode(a.attacl) acl
      where ${ours} and a.attacl is not null and not a.attisdropped
      union all
      select 'function ' || p.oid::regprocedure, acl.*
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace,
        aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
      where ${ours} and ${notOfExtension("pg_proc", "p.oid")}
    )
    select coalesce(r.rolname, 'PUBLIC') || ' ' || lower(g.privilege_type) || ' on ' || g.object as line
    from granted g left join pg_roles r on r.oid = g.grantee
    where g.grantee = 0 or r.rolname in ('anon', 'authenticated', 'service_role')`,
  );
}

/** Tables of ours without row level security. */
export function tablesWithoutRowSecurity(sql: Sql): Promise<string[]> {
  return lines(
    sql,
    `
    select n.nspname || '.' || c.relname as line
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where ${ours} and c.relkind in ('r', 'p') and not c.relrowsecurity`,
  );
}

/** Tables of ours with row level security and no policy: closed to everybody who obeys policies. */
export function tablesWithoutPolicy(sql: Sql): Promise<string[]> {
  return lines(
    sql,
    `
    select n.nspname || '.' || c.relname as line
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where ${ours} and c.relkind in ('r', 'p') and not exists (select 1 from pg_policy p where p.polrelid = c.oid)`,
  );
}

/** `schema.table policy (command) to role, ...` */
export function policies(sql: Sql): Promise<string[]> {
  return lines(
    sql,
    `
    select schemaname || '.' || tablename || ' ' || policyname || ' (' || lower(cmd) || ') to '
      || array_to_string(roles, ', ') as line
    from pg_policies`,
  );
}

/** Functions of ours whose search path is not pinned to the empty one. */
export function functionsWithOpenSearchPath(sql: Sql): Promise<string[]> {
  return lines(
    sql,
    `
    select p.oid::regprocedure::text as line
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where ${ours} and ${notOfExtension("pg_proc", "p.oid")}
      and not coalesce(p.proconfig, '{}') && array['search_path=""', 'search_path=pg_catalog']`,
  );
}

/** Functions of ours that share a name: the Data API cannot tell them apart (PGRST203). */
export function overloadedFunctions(sql: Sql): Promise<string[]> {
  return lines(
    sql,
    `
    select n.nspname || '.' || p.proname as line
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where ${ours} and ${notOfExtension("pg_proc", "p.oid")} group by 1 having count(*) > 1`,
  );
}

/** Views of ours that read with their owner's rights and so around every policy. */
export function viewsWithOwnerRights(sql: Sql): Promise<string[]> {
  return lines(
    sql,
    `
    select c.oid::regclass::text as line
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where ${ours} and c.relkind = 'v' and not coalesce(c.reloptions, '{}') && array['security_invoker=true', 'security_invoker=on']`,
  );
}

/** Foreign keys of ours that no complete index starts with. */
export function unindexedForeignKeys(sql: Sql): Promise<string[]> {
  return lines(
    sql,
    `
    select k.conrelid::regclass || ' ' || k.conname as line
    from pg_constraint k join pg_namespace n on n.oid = k.connamespace
    where ${ours} and k.contype = 'f' and not exists (
      select 1 from pg_index i
      where i.indrelid = k.conrelid and i.indisvalid and i.indpred is null
        and (string_to_array(i.indkey::text, ' ')::smallint[])[1:cardinality(k.conkey)] @> k.conkey
    )`,
  );
}

/** What the schemas of ours consist of, one line for each part; equal lists mean equal schemas. */
export async function schemaLines(sql: Sql): Promise<string[]> {
  const parts = await lines(
    sql,
    `
    select 'column ' || a.attrelid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
      || case when a.attnotnull then ' not null' else '' end || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as line
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where ${ours} and c.relkind in ('r', 'p', 'v', 'm') and a.attnum > 0 and not a.attisdropped
    union all select 'constraint ' || k.conrelid::regclass || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
    from pg_constraint k join pg_namespace n on n.oid = k.connamespace where ${ours} and k.conrelid <> 0
    union all select 'index ' || pg_get_indexdef(i.indexrelid)
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace where ${ours}
    union all select 'trigger ' || pg_get_triggerdef(t.oid)
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
    where ${ours} and not t.tgisinternal
    union all select 'function ' || p.oid::regprocedure || ' ' || md5(pg_get_functiondef(p.oid))
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where ${ours} and p.prokind <> 'a' and ${notOfExtension("pg_proc", "p.oid")}
    union all select 'view ' || c.oid::regclass || ' ' || md5(pg_get_viewdef(c.oid))
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${ours} and c.relkind in ('v', 'm')
    union all select 'published ' || schemaname || '.' || tablename from pg_publication_tables`,
  );
  return [...parts, ...(await policies(sql)), ...(await apiGrants(sql))];
}
