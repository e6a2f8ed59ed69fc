-- Clients name a network as the service and the network with a bar between them.
CREATE INDEX application_service_room_by_instance ON application_service_room ((service || '|' || network));
