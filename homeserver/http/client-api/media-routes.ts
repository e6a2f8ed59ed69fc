import type { Endpoint } from '../endpoint.ts';
import { getConfigAuthed } from './authed-content-repo/get-config-authed.ts';
import { getContentAuthed } from './authed-content-repo/get-content-authed.ts';
import { getContentOverrideNameAuthed } from './authed-content-repo/get-content-override-name-authed.ts';
import { getContentThumbnailAuthed } from './authed-content-repo/get-content-thumbnail-authed.ts';
import { createContent } from './content-repo/create-content.ts';
import { getConfig } from './content-repo/get-config.ts';
import { getContent } from './content-repo/get-content.ts';
import { getContentOverrideName } from './content-repo/get-content-override-name.ts';
import { getContentThumbnail } from './content-repo/get-content-thumbnail.ts';
import { uploadContent } from './content-repo/upload-content.ts';
import { uploadContentToMXC } from './content-repo/upload-content-to-mxc.ts';

/** Files: uploads, downloads, thumbnails. */
export const mediaRoutes: readonly Endpoint[] = [
  ...[uploadContent, uploadContentToMXC, createContent],
  ...[getContentAuthed, getContentOverrideNameAuthed, getContentThumbnailAuthed, getConfigAuthed],
  ...[getContent, getContentOverrideName, getContentThumbnail, getConfig],
];
