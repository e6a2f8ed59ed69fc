"""An application service on mautrix as it comes from PyPI: repeats what it is told, in encrypted rooms too.

    python echo_bot.py SETTINGS.json

Encryption as mautrix' bridges have it: devices by MSC4190, keys and messages to devices from transactions.
"""

import asyncio
import json
import logging
import sys

from mautrix.appservice import AppService
from mautrix.appservice.state_store import ASStateStore
from mautrix.client import Client
from mautrix.client.state_store import MemoryStateStore
from mautrix.crypto import OlmMachine, PgCryptoStore
from mautrix.crypto.store import StateStore
from mautrix.errors import EncryptionError, SessionNotFound
from mautrix.types import (
    EncryptionAlgorithm,
    EventType,
    MediaMessageEventContent,
    Membership,
    MessageType,
    PresenceState,
    TextMessageEventContent,
)
from mautrix.util.async_db import Database


class MemoryServiceStateStore(ASStateStore, MemoryStateStore):
    def __init__(self):
        ASStateStore.__init__(self)
        MemoryStateStore.__init__(self)


class RoomEncryption(StateStore):
    """What the Olm machine asks of rooms, from what the service has seen of them."""

    def __init__(self, rooms):
        self.rooms = rooms

    async def is_encrypted(self, room_id):
        return bool(await self.rooms.is_encrypted(room_id))

    async def get_encryption_info(self, room_id):
        return await self.rooms.get_encryption_info(room_id)

    async def find_shared_rooms(self, user_id):
        return [room_id for room_id, members in self.rooms.members.items() if user_id in members]


class EchoService:
    def __init__(self, settings):
        registration = settings["registration"]
        self.settings = settings
        self.rooms = MemoryServiceStateStore()
        self.service = AppService(
            server=settings["homeserver"],
            domain=settings["server_name"],
            id=registration["id"],
            as_token=registration["as_token"],
            hs_token=registration["hs_token"],
            bot_localpart=registration["sender_localpart"],
            state_store=self.rooms,
            ephemeral_events=True,
            encryption_events=True,
        )
        self.database = Database.create(
            f"sqlite:{settings['database']}", upgrade_table=PgCryptoStore.upgrade_table
        )
        self.keys = PgCryptoStore("", "echo", self.database)
        self.client = Client(
            base_url=settings["homeserver"],
            mxid=self.service.bot_mxid,
            sync_store=self.keys,
            state_store=self.rooms,
        )
        self.machine = OlmMachine(self.client, self.keys, RoomEncryption(self.rooms))
        self.service.otk_handler = self.machine.handle_as_otk_counts
        self.service.device_list_handler = self.machine.handle_as_device_lists
        self.service.to_device_handler = self.machine.handle_as_to_device_event
        self.service.matrix_event_handler(self.handle_event)

    async def start(self):
        await self.service.start("127.0.0.1", self.settings["port"])
        await self.service.intent.ensure_registered()
        await self.service.intent.set_displayname("Echo")
        await self.database.start()
        await self.keys.open()
        device_id = await self.keys.get_device_id()
        self.client.api.token = self.service.as_token
        await self.client.create_device_msc4190(device_id or "", "Echo")
        await self.machine.load()
        if not device_id:
            await self.keys.put_device_id(self.client.device_id)
            await self.machine.share_keys()
            await self.machine.generate_recovery_key()
        for room_id in await self.service.intent.get_joined_rooms():
            await self.service.intent.get_state(room_id)
        print(f"pinged in {await self.service.ping_self('hello')} ms", flush=True)
        await self.service.intent.set_presence(PresenceState.ONLINE)
        print(f"echo service is ready as {self.client.device_id}", flush=True)

    async def handle_event(self, event):
        if event.type in (EventType.TYPING, EventType.RECEIPT, EventType.PRESENCE):
            print(f"ephemeral {event.type.t}", flush=True)
        elif event.sender == self.service.bot_mxid:
            return
        elif event.type == EventType.ROOM_MEMBER and event.state_key == self.service.bot_mxid:
            if event.content.membership == Membership.INVITE:
                await self.service.intent.join_room(event.room_id)
                await self.service.intent.get_state(event.room_id)
        elif event.type == EventType.ROOM_MEMBER:
            await self.machine.handle_member_event(event)
        elif event.type == EventType.ROOM_ENCRYPTED:
            await self.handle_encrypted(event)
        elif event.type == EventType.ROOM_MESSAGE:
            await self.answer(event)

    async def handle_encrypted(self, event):
        try:
            decrypted = await self.machine.decrypt_megolm_event(event)
        except SessionNotFound:
            # The key is on its way.
            await self.machine.wait_for_session(event.room_id, event.content.session_id, timeout=20)
            decrypted = await self.machine.decrypt_megolm_event(event)
        await self.answer(decrypted)

    async def answer(self, event):
        body = event.content.body
        if body == "picture":
            uri = await self.service.intent.upload_media(b"a picture", mime_type="image/png", filename="a.png")
            content = MediaMessageEventContent(msgtype=MessageType.IMAGE, body="a.png", url=uri)
        elif event.content.msgtype == MessageType.FILE:
            file = await self.service.intent.download_media(event.content.url)
            content = TextMessageEventContent(msgtype=MessageType.NOTICE, body=f"file: {file.decode()}")
        else:
            content = TextMessageEventContent(msgtype=MessageType.NOTICE, body=f"echo: {body}")
        await self.send(event.room_id, content)

    async def send(self, room_id, content):
        if not await self.rooms.is_encrypted(room_id):
            await self.service.intent.send_message(room_id, content)
            return
        try:
            encrypted = await self.machine.encrypt_megolm_event(room_id, EventType.ROOM_MESSAGE, content)
        except EncryptionError:
            # The members have no key for it yet, or are others now.
            members = await self.service.intent.get_joined_members(room_id)
            await self.machine.share_group_session(room_id, list(members))
            encrypted = await self.machine.encrypt_megolm_event(room_id, EventType.ROOM_MESSAGE, content)
        assert encrypted.algorithm == EncryptionAlgorithm.MEGOLM_V1
        await self.service.intent.send_message_event(room_id, EventType.ROOM_ENCRYPTED, encrypted)


async def main():
    logging.basicConfig(level=logging.DEBUG)
    with open(sys.argv[1], encoding="utf-8") as file:
        await EchoService(json.load(file)).start()
    await asyncio.Event().wait()


asyncio.run(main())
