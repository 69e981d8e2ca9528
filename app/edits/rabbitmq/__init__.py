"""Editors of files of a RabbitMQ node that its owner writes too."""
