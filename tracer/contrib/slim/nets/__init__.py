"""`tf.contrib.slim.nets`: the image networks that came with 0.11."""

from tracer.contrib.slim.nets import alexnet as alexnet
from tracer.contrib.slim.nets import inception as inception
from tracer.contrib.slim.nets import overfeat as overfeat
from tracer.contrib.slim.nets import resnet_utils as resnet_utils
from tracer.contrib.slim.nets import resnet_v1 as resnet_v1
from tracer.contrib.slim.nets import resnet_v2 as resnet_v2
from tracer.contrib.slim.nets import vgg as vgg
