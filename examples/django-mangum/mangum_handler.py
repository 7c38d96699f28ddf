"""The shop behind Mangum. Lambda's handler setting: mangum_handler.handler"""

from mangum import Mangum
from shop.asgi import application

from caretaker_kit import warmable

handler = warmable(Mangum(application, lifespan="off"))
