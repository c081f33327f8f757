"""Layers, each in a short file, in folders as the Keras documentation groups them. Names load on first use."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.layers.activations.activation import Activation as Activation
    from ckeras.layers.activations.elu import ELU as ELU
    from ckeras.layers.activations.leaky_relu import LeakyReLU as LeakyReLU
    from ckeras.layers.activations.prelu import PReLU as PReLU
    from ckeras.layers.activations.relu import ReLU as ReLU, ThresholdedReLU as ThresholdedReLU
    from ckeras.layers.activations.softmax import Softmax as Softmax
    from ckeras.layers.attention.additive_attention import AdditiveAttention as AdditiveAttention
    from ckeras.layers.attention.attention import Attention as Attention
    from ckeras.layers.attention.group_query_attention import GroupQueryAttention as GroupQueryAttention
    from ckeras.layers.attention.multi_head_attention import MultiHeadAttention as MultiHeadAttention
    from ckeras.layers.convolutional.conv import (
        Conv1D as Conv1D,
        Conv2D as Conv2D,
        Conv3D as Conv3D,
        Convolution1D as Convolution1D,
        Convolution2D as Convolution2D,
        Convolution3D as Convolution3D,
    )
    from ckeras.layers.convolutional.conv_transpose import (
        Conv1DTranspose as Conv1DTranspose,
        Conv2DTranspose as Conv2DTranspose,
        Conv3DTranspose as Conv3DTranspose,
        Convolution1DTranspose as Convolution1DTranspose,
        Convolution2DTranspose as Convolution2DTranspose,
        Convolution3DTranspose as Convolution3DTranspose,
    )
    from ckeras.layers.convolutional.depthwise_conv import (
        DepthwiseConv1D as DepthwiseConv1D,
        DepthwiseConv2D as DepthwiseConv2D,
    )
    from ckeras.layers.convolutional.separable_conv import (
        SeparableConv1D as SeparableConv1D,
        SeparableConv2D as SeparableConv2D,
        SeparableConvolution1D as SeparableConvolution1D,
        SeparableConvolution2D as SeparableConvolution2D,
    )
    from ckeras.layers.core.dense import Dense as Dense
    from ckeras.layers.core.einsum_dense import EinsumDense as EinsumDense
    from ckeras.layers.core.embedding import Embedding as Embedding
    from ckeras.layers.core.identity import Identity as Identity
    from ckeras.layers.core.input_layer import Input as Input, InputLayer as InputLayer
    from ckeras.layers.core.lambda_layer import Lambda as Lambda
    from ckeras.layers.core.masking import Masking as Masking
    from ckeras.layers.core.reversible_embedding import ReversibleEmbedding as ReversibleEmbedding
    from ckeras.layers.core.wrapper import Wrapper as Wrapper
    from ckeras.layers.input_spec import InputSpec as InputSpec
    from ckeras.layers.layer import Layer as Layer
    from ckeras.layers.merging.concatenate import Concatenate as Concatenate, concatenate as concatenate
    from ckeras.layers.merging.dot import Dot as Dot, dot as dot
    from ckeras.layers.merging.elementwise import (
        Add as Add,
        Average as Average,
        Maximum as Maximum,
        Minimum as Minimum,
        Multiply as Multiply,
        Subtract as Subtract,
        add as add,
        average as average,
        maximum as maximum,
        minimum as minimum,
        multiply as multiply,
        subtract as subtract,
    )
    from ckeras.layers.merging.merge import check_masks as check_masks, check_shapes as check_shapes
    from ckeras.layers.merging.older import Merge as Merge, merge as merge
    from ckeras.layers.normalization.batch_normalization import BatchNormalization as BatchNormalization
    from ckeras.layers.normalization.group_normalization import GroupNormalization as GroupNormalization
    from ckeras.layers.normalization.layer_normalization import LayerNormalization as LayerNormalization
    from ckeras.layers.normalization.rms_normalization import RMSNormalization as RMSNormalization
    from ckeras.layers.normalization.spectral_normalization import SpectralNormalization as SpectralNormalization
    from ckeras.layers.normalization.unit_normalization import UnitNormalization as UnitNormalization
    from ckeras.layers.pooling.adaptive_pooling import (
        AdaptiveAveragePooling1D as AdaptiveAveragePooling1D,
        AdaptiveAveragePooling2D as AdaptiveAveragePooling2D,
        AdaptiveAveragePooling3D as AdaptiveAveragePooling3D,
        AdaptiveMaxPooling1D as AdaptiveMaxPooling1D,
        AdaptiveMaxPooling2D as AdaptiveMaxPooling2D,
        AdaptiveMaxPooling3D as AdaptiveMaxPooling3D,
    )
    from ckeras.layers.pooling.average_pooling import (
        AveragePooling1D as AveragePooling1D,
        AveragePooling2D as AveragePooling2D,
        AveragePooling3D as AveragePooling3D,
        AvgPool1D as AvgPool1D,
        AvgPool2D as AvgPool2D,
        AvgPool3D as AvgPool3D,
    )
    from ckeras.layers.pooling.global_average_pooling import (
        GlobalAveragePooling1D as GlobalAveragePooling1D,
        GlobalAveragePooling2D as GlobalAveragePooling2D,
        GlobalAveragePooling3D as GlobalAveragePooling3D,
        GlobalAvgPool1D as GlobalAvgPool1D,
        GlobalAvgPool2D as GlobalAvgPool2D,
        GlobalAvgPool3D as GlobalAvgPool3D,
    )
    from ckeras.layers.pooling.global_max_pooling import (
        GlobalMaxPool1D as GlobalMaxPool1D,
        GlobalMaxPool2D as GlobalMaxPool2D,
        GlobalMaxPool3D as GlobalMaxPool3D,
        GlobalMaxPooling1D as GlobalMaxPooling1D,
        GlobalMaxPooling2D as GlobalMaxPooling2D,
        GlobalMaxPooling3D as GlobalMaxPooling3D,
    )
    from ckeras.layers.pooling.max_pooling import (
        MaxPool1D as MaxPool1D,
        MaxPool2D as MaxPool2D,
        MaxPool3D as MaxPool3D,
        MaxPooling1D as MaxPooling1D,
        MaxPooling2D as MaxPooling2D,
        MaxPooling3D as MaxPooling3D,
    )
    from ckeras.layers.preprocessing.audio.mel_spectrogram import MelSpectrogram as MelSpectrogram
    from ckeras.layers.preprocessing.audio.stft_spectrogram import STFTSpectrogram as STFTSpectrogram
    from ckeras.layers.preprocessing.category_encoding import CategoryEncoding as CategoryEncoding
    from ckeras.layers.preprocessing.discretization import Discretization as Discretization
    from ckeras.layers.preprocessing.hashed_crossing import HashedCrossing as HashedCrossing
    from ckeras.layers.preprocessing.hashing import Hashing as Hashing
    from ckeras.layers.preprocessing.image.aug_mix import AugMix as AugMix
    from ckeras.layers.preprocessing.image.auto_contrast import AutoContrast as AutoContrast
    from ckeras.layers.preprocessing.image.center_crop import CenterCrop as CenterCrop
    from ckeras.layers.preprocessing.image.clahe import (
        ContrastLimitedAdaptiveHistogramEqualization as ContrastLimitedAdaptiveHistogramEqualization,
    )
    from ckeras.layers.preprocessing.image.cut_mix import CutMix as CutMix
    from ckeras.layers.preprocessing.image.equalization import Equalization as Equalization
    from ckeras.layers.preprocessing.image.max_num_bounding_boxes import MaxNumBoundingBoxes as MaxNumBoundingBoxes
    from ckeras.layers.preprocessing.image.mix_up import MixUp as MixUp
    from ckeras.layers.preprocessing.image.rand_augment import RandAugment as RandAugment
    from ckeras.layers.preprocessing.image.random_brightness import RandomBrightness as RandomBrightness
    from ckeras.layers.preprocessing.image.random_color_degeneration import (
        RandomColorDegeneration as RandomColorDegeneration,
    )
    from ckeras.layers.preprocessing.image.random_color_jitter import RandomColorJitter as RandomColorJitter
    from ckeras.layers.preprocessing.image.random_contrast import RandomContrast as RandomContrast
    from ckeras.layers.preprocessing.image.random_crop import RandomCrop as RandomCrop
    from ckeras.layers.preprocessing.image.random_elastic_transform import (
        RandomElasticTransform as RandomElasticTransform,
    )
    from ckeras.layers.preprocessing.image.random_erasing import RandomErasing as RandomErasing
    from ckeras.layers.preprocessing.image.random_flip import RandomFlip as RandomFlip
    from ckeras.layers.preprocessing.image.random_gaussian_blur import RandomGaussianBlur as RandomGaussianBlur
    from ckeras.layers.preprocessing.image.random_grayscale import RandomGrayscale as RandomGrayscale
    from ckeras.layers.preprocessing.image.random_hue import RandomHue as RandomHue
    from ckeras.layers.preprocessing.image.random_invert import RandomInvert as RandomInvert
    from ckeras.layers.preprocessing.image.random_perspective import RandomPerspective as RandomPerspective
    from ckeras.layers.preprocessing.image.random_posterization import RandomPosterization as RandomPosterization
    from ckeras.layers.preprocessing.image.random_rotation import RandomRotation as RandomRotation
    from ckeras.layers.preprocessing.image.random_saturation import RandomSaturation as RandomSaturation
    from ckeras.layers.preprocessing.image.random_sharpness import RandomSharpness as RandomSharpness
    from ckeras.layers.preprocessing.image.random_shear import RandomShear as RandomShear
    from ckeras.layers.preprocessing.image.random_translation import RandomTranslation as RandomTranslation
    from ckeras.layers.preprocessing.image.random_zoom import RandomZoom as RandomZoom
    from ckeras.layers.preprocessing.image.resizing import Resizing as Resizing
    from ckeras.layers.preprocessing.image.solarization import Solarization as Solarization
    from ckeras.layers.preprocessing.integer_lookup import IntegerLookup as IntegerLookup
    from ckeras.layers.preprocessing.normalization import Normalization as Normalization
    from ckeras.layers.preprocessing.pipeline import Pipeline as Pipeline
    from ckeras.layers.preprocessing.rescaling import Rescaling as Rescaling
    from ckeras.layers.preprocessing.string_lookup import StringLookup as StringLookup
    from ckeras.layers.preprocessing.text_vectorization import TextVectorization as TextVectorization
    from ckeras.layers.regularization.activity_regularization import ActivityRegularization as ActivityRegularization
    from ckeras.layers.regularization.alpha_dropout import AlphaDropout as AlphaDropout
    from ckeras.layers.regularization.dropout import Dropout as Dropout
    from ckeras.layers.regularization.gaussian_dropout import GaussianDropout as GaussianDropout
    from ckeras.layers.regularization.gaussian_noise import GaussianNoise as GaussianNoise
    from ckeras.layers.regularization.spatial_dropout import (
        SpatialDropout1D as SpatialDropout1D,
        SpatialDropout2D as SpatialDropout2D,
        SpatialDropout3D as SpatialDropout3D,
    )
    from ckeras.layers.reshaping.cropping import (
        Cropping1D as Cropping1D,
        Cropping2D as Cropping2D,
        Cropping3D as Cropping3D,
    )
    from ckeras.layers.reshaping.flatten import Flatten as Flatten
    from ckeras.layers.reshaping.permute import Permute as Permute
    from ckeras.layers.reshaping.repeat_vector import RepeatVector as RepeatVector
    from ckeras.layers.reshaping.reshape import Reshape as Reshape
    from ckeras.layers.reshaping.up_sampling import (
        UpSampling1D as UpSampling1D,
        UpSampling2D as UpSampling2D,
        UpSampling3D as UpSampling3D,
    )
    from ckeras.layers.reshaping.zero_padding import (
        ZeroPadding1D as ZeroPadding1D,
        ZeroPadding2D as ZeroPadding2D,
        ZeroPadding3D as ZeroPadding3D,
    )
    from ckeras.layers.rnn.bidirectional import Bidirectional as Bidirectional
    from ckeras.layers.rnn.conv_lstm import (
        ConvLSTM1D as ConvLSTM1D,
        ConvLSTM2D as ConvLSTM2D,
        ConvLSTM3D as ConvLSTM3D,
    )
    from ckeras.layers.rnn.gru import GRU as GRU, CuDNNGRU as CuDNNGRU, GRUCell as GRUCell
    from ckeras.layers.rnn.lstm import LSTM as LSTM, CuDNNLSTM as CuDNNLSTM, LSTMCell as LSTMCell
    from ckeras.layers.rnn.rnn import RNN as RNN
    from ckeras.layers.rnn.simple_rnn import SimpleRNN as SimpleRNN, SimpleRNNCell as SimpleRNNCell
    from ckeras.layers.rnn.stacked_rnn_cells import StackedRNNCells as StackedRNNCells
    from ckeras.layers.rnn.time_distributed import TimeDistributed as TimeDistributed
    from ckeras.layers.serialization import deserialize as deserialize, serialize as serialize

attach(
    __name__,
    {
        "Activation": "activations.activation",
        "ActivityRegularization": "regularization.activity_regularization",
        "AdaptiveAveragePooling1D": "pooling.adaptive_pooling",
        "AdaptiveAveragePooling2D": "pooling.adaptive_pooling",
        "AdaptiveAveragePooling3D": "pooling.adaptive_pooling",
        "AdaptiveMaxPooling1D": "pooling.adaptive_pooling",
        "AdaptiveMaxPooling2D": "pooling.adaptive_pooling",
        "AdaptiveMaxPooling3D": "pooling.adaptive_pooling",
        "Add": "merging.elementwise",
        "AdditiveAttention": "attention.additive_attention",
        "AlphaDropout": "regularization.alpha_dropout",
        "Attention": "attention.attention",
        "AugMix": "preprocessing.image.aug_mix",
        "AutoContrast": "preprocessing.image.auto_contrast",
        "Average": "merging.elementwise",
        "AveragePooling1D": "pooling.average_pooling",
        "AveragePooling2D": "pooling.average_pooling",
        "AveragePooling3D": "pooling.average_pooling",
        "AvgPool1D": "pooling.average_pooling",
        "AvgPool2D": "pooling.average_pooling",
        "AvgPool3D": "pooling.average_pooling",
        "BatchNormalization": "normalization.batch_normalization",
        "Bidirectional": "rnn.bidirectional",
        "CategoryEncoding": "preprocessing.category_encoding",
        "CenterCrop": "preprocessing.image.center_crop",
        "Concatenate": "merging.concatenate",
        "ContrastLimitedAdaptiveHistogramEqualization": "preprocessing.image.clahe",
        "Conv1D": "convolutional.conv",
        "Conv1DTranspose": "convolutional.conv_transpose",
        "Conv2D": "convolutional.conv",
        "Conv2DTranspose": "convolutional.conv_transpose",
        "Conv3D": "convolutional.conv",
        "Conv3DTranspose": "convolutional.conv_transpose",
        "ConvLSTM1D": "rnn.conv_lstm",
        "ConvLSTM2D": "rnn.conv_lstm",
        "ConvLSTM3D": "rnn.conv_lstm",
        "Convolution1D": "convolutional.conv",
        "Convolution1DTranspose": "convolutional.conv_transpose",
        "Convolution2D": "convolutional.conv",
        "Convolution2DTranspose": "convolutional.conv_transpose",
        "Convolution3D": "convolutional.conv",
        "Convolution3DTranspose": "convolutional.conv_transpose",
        "CuDNNGRU": "rnn.gru",
        "CuDNNLSTM": "rnn.lstm",
        "Cropping1D": "reshaping.cropping",
        "Cropping2D": "reshaping.cropping",
        "Cropping3D": "reshaping.cropping",
        "CutMix": "preprocessing.image.cut_mix",
        "Dense": "core.dense",
        "DepthwiseConv1D": "convolutional.depthwise_conv",
        "DepthwiseConv2D": "convolutional.depthwise_conv",
        "Discretization": "preprocessing.discretization",
        "Dot": "merging.dot",
        "Dropout": "regularization.dropout",
        "ELU": "activations.elu",
        "EinsumDense": "core.einsum_dense",
        "Embedding": "core.embedding",
        "Equalization": "preprocessing.image.equalization",
        "Flatten": "reshaping.flatten",
        "GRU": "rnn.gru",
        "GRUCell": "rnn.gru",
        "GaussianDropout": "regularization.gaussian_dropout",
        "GaussianNoise": "regularization.gaussian_noise",
        "GlobalAveragePooling1D": "pooling.global_average_pooling",
        "GlobalAveragePooling2D": "pooling.global_average_pooling",
        "GlobalAveragePooling3D": "pooling.global_average_pooling",
        "GlobalAvgPool1D": "pooling.global_average_pooling",
        "GlobalAvgPool2D": "pooling.global_average_pooling",
        "GlobalAvgPool3D": "pooling.global_average_pooling",
        "GlobalMaxPool1D": "pooling.global_max_pooling",
        "GlobalMaxPool2D": "pooling.global_max_pooling",
        "GlobalMaxPool3D": "pooling.global_max_pooling",
        "GlobalMaxPooling1D": "pooling.global_max_pooling",
        "GlobalMaxPooling2D": "pooling.global_max_pooling",
        "GlobalMaxPooling3D": "pooling.global_max_pooling",
        "GroupNormalization": "normalization.group_normalization",
        "GroupQueryAttention": "attention.group_query_attention",
        "HashedCrossing": "preprocessing.hashed_crossing",
        "Hashing": "preprocessing.hashing",
        "Identity": "core.identity",
        "Input": "core.input_layer",
        "InputLayer": "core.input_layer",
        "InputSpec": "input_spec",
        "IntegerLookup": "preprocessing.integer_lookup",
        "LSTM": "rnn.lstm",
        "LSTMCell": "rnn.lstm",
        "Lambda": "core.lambda_layer",
        "Layer": "layer",
        "LayerNormalization": "normalization.layer_normalization",
        "LeakyReLU": "activations.leaky_relu",
        "Masking": "core.masking",
        "MaxNumBoundingBoxes": "preprocessing.image.max_num_bounding_boxes",
        "MaxPool1D": "pooling.max_pooling",
        "MaxPool2D": "pooling.max_pooling",
        "MaxPool3D": "pooling.max_pooling",
        "MaxPooling1D": "pooling.max_pooling",
        "MaxPooling2D": "pooling.max_pooling",
        "MaxPooling3D": "pooling.max_pooling",
        "Maximum": "merging.elementwise",
        "MelSpectrogram": "preprocessing.audio.mel_spectrogram",
        "Minimum": "merging.elementwise",
        "MixUp": "preprocessing.image.mix_up",
        "MultiHeadAttention": "attention.multi_head_attention",
        "Multiply": "merging.elementwise",
        "Normalization": "preprocessing.normalization",
        "PReLU": "activations.prelu",
        "Permute": "reshaping.permute",
        "Pipeline": "preprocessing.pipeline",
        "RMSNormalization": "normalization.rms_normalization",
        "RNN": "rnn.rnn",
        "RandAugment": "preprocessing.image.rand_augment",
        "RandomBrightness": "preprocessing.image.random_brightness",
        "RandomColorDegeneration": "preprocessing.image.random_color_degeneration",
        "RandomColorJitter": "preprocessing.image.random_color_jitter",
        "RandomContrast": "preprocessing.image.random_contrast",
        "RandomCrop": "preprocessing.image.random_crop",
        "RandomElasticTransform": "preprocessing.image.random_elastic_transform",
        "RandomErasing": "preprocessing.image.random_erasing",
        "RandomFlip": "preprocessing.image.random_flip",
        "RandomGaussianBlur": "preprocessing.image.random_gaussian_blur",
        "RandomGrayscale": "preprocessing.image.random_grayscale",
        "RandomHue": "preprocessing.image.random_hue",
        "RandomInvert": "preprocessing.image.random_invert",
        "RandomPerspective": "preprocessing.image.random_perspective",
        "RandomPosterization": "preprocessing.image.random_posterization",
        "RandomRotation": "preprocessing.image.random_rotation",
        "RandomSaturation": "preprocessing.image.random_saturation",
        "RandomSharpness": "preprocessing.image.random_sharpness",
        "RandomShear": "preprocessing.image.random_shear",
        "RandomTranslation": "preprocessing.image.random_translation",
        "RandomZoom": "preprocessing.image.random_zoom",
        "ReLU": "activations.relu",
        "RepeatVector": "reshaping.repeat_vector",
        "Rescaling": "preprocessing.rescaling",
        "Reshape": "reshaping.reshape",
        "Resizing": "preprocessing.image.resizing",
        "ReversibleEmbedding": "core.reversible_embedding",
        "STFTSpectrogram": "preprocessing.audio.stft_spectrogram",
        "SeparableConv1D": "convolutional.separable_conv",
        "SeparableConv2D": "convolutional.separable_conv",
        "SeparableConvolution1D": "convolutional.separable_conv",
        "SeparableConvolution2D": "convolutional.separable_conv",
        "SimpleRNN": "rnn.simple_rnn",
        "SimpleRNNCell": "rnn.simple_rnn",
        "Softmax": "activations.softmax",
        "Solarization": "preprocessing.image.solarization",
        "SpatialDropout1D": "regularization.spatial_dropout",
        "SpatialDropout2D": "regularization.spatial_dropout",
        "SpatialDropout3D": "regularization.spatial_dropout",
        "SpectralNormalization": "normalization.spectral_normalization",
        "StackedRNNCells": "rnn.stacked_rnn_cells",
        "StringLookup": "preprocessing.string_lookup",
        "Subtract": "merging.elementwise",
        "TextVectorization": "preprocessing.text_vectorization",
        "ThresholdedReLU": "activations.relu",
        "TimeDistributed": "rnn.time_distributed",
        "UnitNormalization": "normalization.unit_normalization",
        "UpSampling1D": "reshaping.up_sampling",
        "UpSampling2D": "reshaping.up_sampling",
        "UpSampling3D": "reshaping.up_sampling",
        "Wrapper": "core.wrapper",
        "ZeroPadding1D": "reshaping.zero_padding",
        "ZeroPadding2D": "reshaping.zero_padding",
        "ZeroPadding3D": "reshaping.zero_padding",
        "add": "merging.elementwise",
        "average": "merging.elementwise",
        "check_masks": "merging.merge",
        "check_shapes": "merging.merge",
        "concatenate": "merging.concatenate",
        "deserialize": "serialization",
        "dot": "merging.dot",
        "maximum": "merging.elementwise",
        "Merge": "merging.older",
        "merge": "merging.older",
        "minimum": "merging.elementwise",
        "multiply": "merging.elementwise",
        "serialize": "serialization",
        "subtract": "merging.elementwise",
    },
)
