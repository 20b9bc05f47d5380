-- not breaking: a backfill sends no mail, the second time neither; its former functions go, which only ops called

-- As before, by what became of the backfill's item: the link that a backfill brings is no news, the second time neither;
-- one that a change after the backfill or after its undo brings is.
create or replace function private.plan_booking_messages() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  planned integer;
begin
  select count(*) into planned from private.messages m where m.booking_id = new.id and m.kind = 'confirmation';
  perform private.plan_message(jsonb_build_object('kind', 'confirmation', 'bookingId', new.id,
    'recipient', btrim(new.customer_email), 'about', new.meeting_link));
  if exists (select 1 from private.backfill_items i where i.booking_id = new.id and i.state in ('queued', 'failed'))
    -- Taken up before there were plans, when the booking's own id was the key of this effect.
    or planned = 0 and exists (
      select 1 from private.effects e
      where e.booking_id = new.id and e.effect = 'backfill' and e.key = new.id::text)
  then
    update private.messages m
    set state = 'skipped', reason = 'The booking was backfilled: its customer knows of it.', settled_at = now()
    where m.booking_id = new.id and m.kind = 'confirmation' and m.state = 'planned';
  end if;
  return null;
end
$$;
revoke execute on function private.plan_booking_messages() from public, anon, authenticated, service_role;

drop function public.list_backfill_bookings(integer, uuid, uuid);
drop function public.queue_backfill(uuid[]);
