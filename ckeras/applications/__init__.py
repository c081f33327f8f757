"""Architectures of image classifiers, with weights trained on ImageNet; each loads on first use."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.applications import (
        convnext as convnext,
        densenet as densenet,
        efficientnet as efficientnet,
        efficientnet_v2 as efficientnet_v2,
        imagenet_utils as imagenet_utils,
        inception_resnet_v2 as inception_resnet_v2,
        inception_v3 as inception_v3,
        mobilenet as mobilenet,
        mobilenet_v2 as mobilenet_v2,
        mobilenet_v3 as mobilenet_v3,
        nasnet as nasnet,
        resnet as resnet,
        resnet50 as resnet50,
        resnet_v2 as resnet_v2,
        vgg16 as vgg16,
        vgg19 as vgg19,
        xception as xception,
    )
    from ckeras.applications.convnext import (
        ConvNeXtBase as ConvNeXtBase,
        ConvNeXtLarge as ConvNeXtLarge,
        ConvNeXtSmall as ConvNeXtSmall,
        ConvNeXtTiny as ConvNeXtTiny,
        ConvNeXtXLarge as ConvNeXtXLarge,
    )
    from ckeras.applications.densenet import (
        DenseNet121 as DenseNet121,
        DenseNet169 as DenseNet169,
        DenseNet201 as DenseNet201,
    )
    from ckeras.applications.efficientnet import (
        EfficientNetB0 as EfficientNetB0,
        EfficientNetB1 as EfficientNetB1,
        EfficientNetB2 as EfficientNetB2,
        EfficientNetB3 as EfficientNetB3,
        EfficientNetB4 as EfficientNetB4,
        EfficientNetB5 as EfficientNetB5,
        EfficientNetB6 as EfficientNetB6,
        EfficientNetB7 as EfficientNetB7,
    )
    from ckeras.applications.efficientnet_v2 import (
        EfficientNetV2B0 as EfficientNetV2B0,
        EfficientNetV2B1 as EfficientNetV2B1,
        EfficientNetV2B2 as EfficientNetV2B2,
        EfficientNetV2B3 as EfficientNetV2B3,
        EfficientNetV2L as EfficientNetV2L,
        EfficientNetV2M as EfficientNetV2M,
        EfficientNetV2S as EfficientNetV2S,
    )
    from ckeras.applications.inception_resnet_v2 import (
        InceptionResNetV2 as InceptionResNetV2,
    )
    from ckeras.applications.inception_v3 import (
        InceptionV3 as InceptionV3,
    )
    from ckeras.applications.mobilenet import (
        MobileNet as MobileNet,
    )
    from ckeras.applications.mobilenet_v2 import (
        MobileNetV2 as MobileNetV2,
    )
    from ckeras.applications.mobilenet_v3 import (
        MobileNetV3Large as MobileNetV3Large,
        MobileNetV3Small as MobileNetV3Small,
    )
    from ckeras.applications.nasnet import (
        NASNetLarge as NASNetLarge,
        NASNetMobile as NASNetMobile,
    )
    from ckeras.applications.resnet import (
        ResNet50 as ResNet50,
        ResNet101 as ResNet101,
        ResNet152 as ResNet152,
    )
    from ckeras.applications.resnet_v2 import (
        ResNet50V2 as ResNet50V2,
        ResNet101V2 as ResNet101V2,
        ResNet152V2 as ResNet152V2,
    )
    from ckeras.applications.vgg16 import (
        VGG16 as VGG16,
    )
    from ckeras.applications.vgg19 import (
        VGG19 as VGG19,
    )
    from ckeras.applications.xception import (
        Xception as Xception,
    )

attach(
    __name__,
    {
        **dict.fromkeys(
            [
                "convnext",
                "densenet",
                "efficientnet",
                "efficientnet_v2",
                "imagenet_utils",
                "inception_resnet_v2",
                "inception_v3",
                "mobilenet",
                "mobilenet_v2",
                "mobilenet_v3",
                "nasnet",
                "resnet",
                "resnet50",
                "resnet_v2",
                "vgg16",
                "vgg19",
                "xception",
            ]
        ),
        "ConvNeXtBase": "convnext",
        "ConvNeXtLarge": "convnext",
        "ConvNeXtSmall": "convnext",
        "ConvNeXtTiny": "convnext",
        "ConvNeXtXLarge": "convnext",
        "DenseNet121": "densenet",
        "DenseNet169": "densenet",
        "DenseNet201": "densenet",
        "EfficientNetB0": "efficientnet",
        "EfficientNetB1": "efficientnet",
        "EfficientNetB2": "efficientnet",
        "EfficientNetB3": "efficientnet",
        "EfficientNetB4": "efficientnet",
        "EfficientNetB5": "efficientnet",
        "EfficientNetB6": "efficientnet",
        "EfficientNetB7": "efficientnet",
        "EfficientNetV2B0": "efficientnet_v2",
        "EfficientNetV2B1": "efficientnet_v2",
        "EfficientNetV2B2": "efficientnet_v2",
        "EfficientNetV2B3": "efficientnet_v2",
        "EfficientNetV2L": "efficientnet_v2",
        "EfficientNetV2M": "efficientnet_v2",
        "EfficientNetV2S": "efficientnet_v2",
        "InceptionResNetV2": "inception_resnet_v2",
        "InceptionV3": "inception_v3",
        "MobileNet": "mobilenet",
        "MobileNetV2": "mobilenet_v2",
        "MobileNetV3Large": "mobilenet_v3",
        "MobileNetV3Small": "mobilenet_v3",
        "NASNetLarge": "nasnet",
        "NASNetMobile": "nasnet",
        "ResNet50": "resnet",
        "ResNet101": "resnet",
        "ResNet152": "resnet",
        "ResNet50V2": "resnet_v2",
        "ResNet101V2": "resnet_v2",
        "ResNet152V2": "resnet_v2",
        "VGG16": "vgg16",
        "VGG19": "vgg19",
        "Xception": "xception",
    },
)
