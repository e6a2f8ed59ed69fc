import type { Link } from '@holdfast/conformance/federated-servers/open-link.ts';
import type { StubAppservice } from '../appservices/stub-appservice.ts';
import type { FakeClock } from '../cluster/fake-clock.ts';
import type { PostgresOnVolume } from '../cluster/postgres-on-volume.ts';

/** What the stages of the week act on. */
export interface WeekGround {
  readonly bridge: StubAppservice;
  readonly bridgeLink: Link;
  readonly clock: FakeClock;
  database: PostgresOnVolume | undefined;
}
