import { findMetric, type MetricSample } from './parse-metrics.ts';
import type { VolumeFacts } from './read-volume.ts';

/**
 * The volume of a folder on the machine of a node exporter of Prometheus, which tells of each file system where it is
 * mounted: the folder is on the one that is mounted nearest above it. Throws where there is none.
 */
export function findExportedVolume(samples: readonly MetricSample[], exporter: string, path: string): VolumeFacts {
  const mounted = samples
    .filter(({ name }) => name === 'node_filesystem_avail_bytes')
    .filter(({ labels }) => isAbove(labels['mountpoint'] ?? '', path))
    .sort((a, b) => (b.labels['mountpoint'] ?? '').length - (a.labels['mountpoint'] ?? '').length)[0];
  if (!mounted) throw new Error('its node exporter tells of no file system there');
  const mountpoint = mounted.labels['mountpoint'] ?? '';
  const read = (name: string) => findMetric(samples, `node_filesystem_${name}`, { mountpoint });
  if (read('device_error') === 1) throw new Error('its node exporter cannot read the file system');
  const [sizeBytes = 0, total = 0] = [read('size_bytes'), read('files')];
  const { host, hostname } = new URL(exporter);
  return {
    ...{ volume: `${host} ${mountpoint}`, path: `${hostname}:${path}`, sizeBytes, availableBytes: mounted.value },
    ...(total > 0 && { inodes: { available: read('files_free') ?? 0, total } }),
    isReadOnly: read('readonly') === 1,
  };
}

function isAbove(mountpoint: string, path: string): boolean {
  return mountpoint === '/' || path === mountpoint || path.startsWith(`${mountpoint}/`);
}
